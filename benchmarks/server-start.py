"""How long samples/Server takes from the start of its process until GET /health answers OK, on a folder that it has used before.

  dotnet build -c Release && python3 benchmarks/server-start.py [starts] [arguments of the server, as --storage CONNECTION]
"""
import http.client
import os
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(__file__).parent.parent / "artifacts/bin/Server/release/Server.dll"
LIMIT = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().read() == b"OK"
    except OSError:
        return False
    finally:
        connection.close()


def start(folder: str, arguments: list[str]) -> float:
    """Milliseconds of one start."""
    port = free_port()
    began = time.perf_counter()
    command = ["dotnet", str(PROGRAM), "--urls", f"http://127.0.0.1:{port}", "--data", folder, *arguments]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while not is_healthy(port):
            if server.poll() is not None or time.perf_counter() - began > LIMIT:
                sys.exit("The server did not become healthy.")
            time.sleep(0.002)
        return (time.perf_counter() - began) * 1000
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def main() -> None:
    starts = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        first = start(folder, sys.argv[2:])
        times = [start(folder, sys.argv[2:]) for _ in range(starts)]
    print("| starts | median, ms | fastest, ms | slowest, ms | the first, without tables, ms |")
    print("|---:|---:|---:|---:|---:|")
    print(f"| {starts} | {statistics.median(times):.0f} | {min(times):.0f} | {max(times):.0f} | {first:.0f} |")


if __name__ == "__main__":
    os.environ.pop("MLOPS_STORAGE", None)
    main()
