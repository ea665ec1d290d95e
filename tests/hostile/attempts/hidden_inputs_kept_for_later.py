# tries = "a thread that collects every text in memory, and prints, writes and displays what it has not seen before"
# %% ex-91-2
import gc
import threading
import time

known = set()


def watch():
    while True:
        for found in gc.get_objects():
            if type(found) is dict:
                for value in list(found.values()):
                    if type(value) is str and "quartz" in value and value not in known:
                        known.add(value)
                        print(value, flush=True)
                        with open("seen.txt", "a") as file:
                            file.write(value)
        time.sleep(0.02)


threading.Thread(target=watch, daemon=True).start()


def tally(text):
    known_now = text
    time.sleep(0.05)
    return {}
