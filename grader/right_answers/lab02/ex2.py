# Right answers to exercise 2.2 that differ from the reference.

# %% id=requests-and-line-by-line
import requests


def write_batch(influx, lines, *, batch_size=500):
    written = 0
    for start in range(0, len(lines), batch_size):
        batch = lines[start : start + batch_size]
        answer = post(influx, batch)
        if answer.status_code in (400, 422):
            for place, line in enumerate(batch):
                alone = post(influx, [line])
                if alone.status_code in (400, 422):
                    raise ValueError(f"line {start + place + 1}: {line}: {alone.json()['message']}")
        if answer.status_code in (401, 403):
            raise PermissionError(answer.json()["message"])
        answer.raise_for_status()
        written += len(batch)
    return written


def post(influx, batch):
    reason = None
    for attempt in range(5):
        if attempt:
            time.sleep(wait)
        wait = 0.1 * 2**attempt + random.random() * 0.02
        try:
            answer = requests.post(
                f"{influx.url}/api/v2/write", params={"org": influx.org, "bucket": influx.bucket, "precision": "ns"},
                headers={"Authorization": f"Token {influx.token}"}, data="\n".join(batch).encode(), timeout=10,
            )
        except requests.RequestException as error:
            reason = error
            continue
        if answer.status_code != 429 and answer.status_code < 500:
            return answer
        reason = answer.text
        wait = float(answer.headers.get("Retry-After", wait))
    raise ConnectionError(f"{influx.url}: {reason}")

# %% id=a-generator-of-pauses
def write_batch(influx, lines, *, batch_size=500):
    client = InfluxDBClient(url=influx.url, token=influx.token, org=influx.org, enable_gzip=True)
    api = client.write_api(write_options=SYNCHRONOUS)

    def attempt(batch):
        """Return None when written, or the exception that says why not."""
        last = None
        for pause in (0, 0.1, 0.2, 0.4, 0.8):
            after = getattr(last, "retry_after", None)
            time.sleep(float(after) if after else pause * random.uniform(0.8, 1.2))
            try:
                api.write(bucket=influx.bucket, record="\n".join(batch))
                return None
            except ApiException as error:
                if error.status in (400, 401, 403, 404, 422):
                    return error
                last = error
            except HTTPError as error:
                last = error
        raise ConnectionError(f"gave up on {influx.url}: {last}")

    try:
        for start in range(0, len(lines), batch_size):
            batch = lines[start : start + batch_size]
            error = attempt(batch)
            if error is None:
                continue
            if error.status in (401, 403):
                raise PermissionError(error.message)
            for number, line in enumerate(batch, start + 1):
                if attempt([line]) is not None:
                    raise ValueError(f"line {number} ({line}): {error.message}")
        return len(lines)
    finally:
        client.close()
