#!/usr/bin/env python3
"""Runs the sample service under a real Prometheus and asks it everything that docs/drift shows: the alert must fire, every query must have data."""
import json, os, re, signal, subprocess, sys, tempfile, time, urllib.parse, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RULES = os.path.join(ROOT, "docs/drift/prometheus-rules.yml")
DASHBOARD = os.path.join(ROOT, "docs/drift/grafana-dashboard.json")
SERVICE = os.path.join(ROOT, "artifacts/bin/DriftInAService/release/DriftInAService")
SERVICE_PORT, PROMETHEUS_PORT = 5081, 5091
LIMIT = 240  # seconds until the alert has to fire

failed = 0


def check(name, ok, detail=""):
    global failed
    failed += 0 if ok else 1
    print(("passed: " if ok else "FAILED: ") + name + (f" ({detail})" if detail and not ok else ""), flush=True)


def ask(path, **query):
    url = f"http://127.0.0.1:{PROMETHEUS_PORT}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)["data"]


def main():
    promtool = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
    check("promtool accepts the rules", promtool.returncode == 0, promtool.stderr)
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "prometheus.yml")
        # The rules as they are, but for waiting times that nobody wants to sit through.
        with open(RULES) as source, open(os.path.join(folder, "rules.yml"), "w") as target:
            target.write(source.read().replace("for: 1m", "for: 5s"))
        with open(config, "w") as file:
            file.write(
                "global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [rules.yml]\nscrape_configs:\n"
                f"  - job_name: sample\n    static_configs: [{{targets: ['127.0.0.1:{SERVICE_PORT}']}}]\n")
        running = [
            subprocess.Popen([SERVICE, "--simulate", "true", "--urls", f"http://127.0.0.1:{SERVICE_PORT}"], cwd=os.path.join(ROOT, "samples/DriftInAService"), stdout=subprocess.DEVNULL),
            subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL),
        ]
        try:
            fires = False
            for _ in range(LIMIT):
                time.sleep(1)
                try:
                    fires = any(a["labels"]["alertname"] == "DriftAlertStands" and a["state"] == "firing" for a in ask("alerts")["alerts"])
                except OSError:
                    continue
                if fires:
                    break
            check("Prometheus fires the alert of the sample's drift", fires)
            for panel in json.load(open(DASHBOARD))["panels"]:
                for target in panel["targets"]:
                    expression = target["expr"].replace("$monitor", ".+")
                    check(f"panel '{panel['title']}' has data", len(ask("query", query=expression)["result"]) > 0, expression)
            names = set(ask("label/__name__/values"))
            for metric in sorted(set(re.findall(r"mlops_drift_[a-z_]+(?=\)|\[|\{| |$)", open(RULES).read())) - {"mlops_drift_monitor", "mlops_drift_alert_kind"}):
                check(f"the rules' metric {metric} exists", metric in names)
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(30)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
