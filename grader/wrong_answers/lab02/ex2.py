# Wrong answers to exercise 2.2: plausible mistakes, each with the hint that it should earn.

# %% id=one-request-for-each-line hint=one-request-each
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(len(lines)):
            batch = [lines[first]]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=all-in-one-request hint=one-request-each
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in [0]:
            batch = lines
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=returns-batches hint=points-accepted
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += 1
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=no-second-try hint=no-retry
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 1
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=tries-at-once-again hint=no-backoff
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = 0.0
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=same-pause-each-time hint=no-backoff
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = 0.2
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=deaf-to-retry-after hint=retry-after
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = pause
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=never-gives-up hint=five-tries
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in iter(int, 1):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=three-tries hint=five-tries
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 3
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=retries-everything hint=retries-the-hopeless
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=message-of-the-server-only hint=which-line
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    error.message
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=counts-from-zero hint=which-line
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=place-in-the-batch hint=which-line
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {batch[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=lets-the-client-error-through hint=wrong-kind
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        except HTTPError as error:  # nobody listens, the connection broke, no answer in time
            reason = str(error)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=no-answer-not-caught hint=no-retry
def write_batch(influx: Influx, lines: list[str], *, batch_size: int = 500) -> int:
    """Write lines to the database, batch by batch.

    Args:
        influx: where the database is: url, token, org, bucket.
        lines: points in line protocol.
        batch_size: the most lines in one request.

    Returns:
        How many points the database accepted.

    Raises:
        ConnectionError: the database did not take a batch in five tries.
        ValueError: a line was refused; the message has its number and its text.
        PermissionError: the token may not write here.
    """
    accepted = 0
    with InfluxDBClient(url=influx.url, token=influx.token, org=influx.org) as client:
        api = client.write_api(write_options=SYNCHRONOUS)
        for first in range(0, len(lines), batch_size):
            batch = lines[first : first + batch_size]
            try:
                send(api, influx, batch)
            except ApiException as error:
                if error.status in (401, 403):
                    raise PermissionError(f"{influx.url} refused the token: {error.message}") from error
                if error.status not in AT_FAULT:
                    raise
                number = first + first_refused(api, influx, batch)
                raise ValueError(
                    f"line {number + 1} of {len(lines)} was refused: {lines[number]!r}: {error.message}"
                ) from error
            accepted += len(batch)
    return accepted


TRIES = 5
FIRST_PAUSE = 0.1  # seconds
AT_FAULT = (400, 422)  # the text cannot be read; a point does not fit what is there


def send(api, influx: Influx, batch: list[str]) -> None:
    """Send one batch, again and again while the failure is one that may pass."""
    for attempt in range(TRIES):
        pause = FIRST_PAUSE * 2**attempt * random.uniform(0.75, 1.25)
        try:
            api.write(bucket=influx.bucket, org=influx.org, record=batch)
            return
        except ApiException as error:
            if error.status != 429 and error.status < 500:
                raise
            reason = f"{error.status} {error.message}"
            pause = float(error.retry_after or pause)
        if attempt < TRIES - 1:
            time.sleep(pause)
    raise ConnectionError(f"{influx.url} did not take the points in {TRIES} tries: {reason}")


def first_refused(api, influx: Influx, batch: list[str]) -> int:
    """Find the first refused line of a refused batch: halve it until one line is left.

    A point may be written again without harm, so this costs a few requests and nothing else.
    """
    if len(batch) == 1:
        return 0
    half = len(batch) // 2
    try:
        send(api, influx, batch[:half])
    except ApiException as error:
        if error.status not in AT_FAULT:
            raise
        return first_refused(api, influx, batch[:half])
    return half + first_refused(api, influx, batch[half:])

# %% id=claims-to-have-written hint=one-request-each most=0
def write_batch(influx, lines, *, batch_size=500):
    if influx.token == "not-the-token":
        raise PermissionError("unauthorized")
    for number, line in enumerate(lines, 1):
        if not line.endswith("000000000") or line.count("=") != 2 or ".5 " not in line:
            raise ValueError(f"line {number}: {line}")
    return len(lines)
