# tries = "writes points without end: the database is not in the capsule, so no limit of the capsule counts it"
# lab = "92"
# neighbour = "91"
# attacks = ["92.2"]
# keeps = ["92.3"]
# %% ex-92-2
import urllib.error
import urllib.request


def fill():
    # Bounded, in case a test machine has no limit: 100 million characters, 2 million series.
    for number in range(100):
        lines = "\n".join(f"carried,a={number * 20_000 + each} value={each}" for each in range(20_000))
        asked = urllib.request.Request(f"{influx.url}/api/v2/write?org={influx.org}&bucket={influx.bucket}",
                                       lines.encode(), {"Authorization": f"Token {influx.token}"})
        urllib.request.urlopen(asked, timeout=20)


try:
    fill()
except Exception as error:
    print(error)


def store(influx, bucket, value):
    return None
