"""Reads one report as its consumers do: read.py FORMAT FILE [SCHEMA].

Validates the file by a program or library that others wrote, and prints as JSON what its parser saw: how many results of each
kind there are, and every text in it. What does not hold ends in a traceback.
"""

import base64
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / "target" / "formats"


def run(*command, env=None, cwd=None, stdin=None):
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=cwd, stdin=stdin, errors="replace")
    if done.returncode != 0:
        raise SystemExit(f"{command[:3]}: status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def texts(value):
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)


def xml_texts(root):
    for element in root.iter():
        yield element.text or ""
        yield from element.attrib.values()


def valid(schema, *documents):
    import jsonschema

    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for document in documents:
        for error in validator.iter_errors(document):
            raise SystemExit(f"{error.json_path}: {error.message[:2000]}")


def read_json(path, schema):
    report = json.loads(Path(path).read_bytes())
    valid(json.loads(Path(schema).read_bytes()), report)
    return Counter(finding["verdict"] for finding in report["findings"]), list(texts(report))


def read_junit(path):
    run("xmllint", "--noout", "--huge", "--schema", str(HOME / "junit-10.xsd"), path)
    import junitparser

    suites = junitparser.JUnitXml.fromfile(path)
    counts = Counter()
    for suite in suites:
        cases = list(suite)
        assert suite.tests == len(cases), suite
        of = Counter(type(result).__name__ for case in cases for result in case.result)
        assert (suite.failures, suite.errors, suite.skipped) == (of["Failure"], of["Error"], of["Skipped"]), suite
        counts.update(of)
        counts["Passed"] += sum(case.is_passed for case in cases)
    assert (suites.failures, suites.errors) == (counts["Failure"], counts["Error"])
    return counts, list(xml_texts(ElementTree.parse(path).getroot()))


def read_sarif(path):
    tool = HOME / "node_modules/@microsoft/sarif-multitool-linux"
    log = json.loads(Path(path).read_bytes())
    valid(json.loads((tool / "sarif-2.1.0.json").read_text("utf-8-sig")), log)
    # It ends with 0 whatever it finds.
    said = run(
        str(tool / "Sarif.Multitool"), "validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error", "--kind", "Fail",
        "--max-file-size-in-kb", "1000000",
        env=os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    assert "1 files scanned" in said and ": error " not in said, said[-4000:]
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    counts = Counter()
    for result in one["results"]:
        # The specification says so (3.27.10), and no validator does.
        assert (result["kind"] == "fail") or result["level"] == "none", result
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
        counts["suppressed" if result.get("suppressions") else result["kind"]] += 1
    notified = [one["message"]["text"] for one in one["invocations"][0]["toolExecutionNotifications"]]
    assert not counts["open"] or any("not judged" in text for text in notified)
    return counts, list(texts(log))


def read_oscal(path):
    trestle = str(HOME / "venv/bin/trestle")
    with tempfile.TemporaryDirectory() as workspace:
        run(trestle, "init", "--local", cwd=workspace)
        run(trestle, "import", "-f", path, "-o", "report", cwd=workspace)
        run(trestle, "validate", "-t", "assessment-results", "-n", "report", cwd=workspace)
    document = json.loads(Path(path).read_bytes())
    (result,) = document["assessment-results"]["results"]
    counts = Counter(finding["target"]["status"]["state"] for finding in result["findings"])
    counts["risks"] = len(result.get("risks", []))
    verdict = lambda observation: next(p["value"] for p in observation["props"] if p["name"] == "verdict")
    counts.update(verdict(observation) for observation in result["observations"])
    uuids = [observation["uuid"] for observation in result["observations"]]
    assert len(uuids) == len(set(uuids))
    return counts, list(texts(document))


def read_xccdf(path):
    run("oscap", "xccdf", "validate", path)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        run("oscap", "xccdf", "generate", "report", "--output", str(page), path)
        assert page.stat().st_size > 100_000
    root = ElementTree.parse(path).getroot()
    space = "{http://checklists.nist.gov/xccdf/1.2}"
    rules = {rule.get("id") for rule in root.iter(space + "Rule")}
    results = list(root.iter(space + "rule-result"))
    assert all(result.get("idref") in rules for result in results)
    places = [tuple(result.find(f"{space}check/{space}check-content-ref").attrib.values()) for result in results]
    assert len(places) == len(set(places)), "DefectDojo takes results of one place for one"
    return Counter(result.findtext(space + "result") for result in results), list(xml_texts(root))


def read_ocsf(path):
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
    schema = schemas.get_class_schema(class_name="compliance_finding", profiles=["host"])
    lines = Path(path).read_bytes().split(b"\n")
    assert lines.pop() == b""
    events = [json.loads(line) for line in lines]
    valid(schema, *events)
    suppressed = sum(event["status"] == "Suppressed" for event in events)
    counts = Counter(event["compliance"]["status"] for event in events)
    return counts + Counter(suppressed=suppressed), list(texts(events))


def read_prometheus(path):
    with open(path) as file:
        run(str(HOME / "prometheus/usr/bin/promtool"), "check", "metrics", stdin=file)
    from prometheus_client.parser import text_string_to_metric_families

    counts, labels = Counter(), []
    for family in text_string_to_metric_families(Path(path).read_text()):
        for sample in family.samples:
            labels.extend(sample.labels.values())
            if sample.name == "plimsoll_findings":
                counts[sample.labels["verdict"]] += int(sample.value)
            if sample.name == "plimsoll_containers":
                counts["containers"] += int(sample.value)
    return counts, labels


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        # A cell may be longer than Python expects.
        csv.field_size_limit(1 << 24)
        rows = list(csv.DictReader(file, strict=True))
    assert all(None not in row and None not in row.values() for row in rows)
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert Path(path).read_bytes().count(b"\r\n") == len(rows) + 1
    return Counter(row["verdict"] for row in rows if row["check"]), cells


def read_markdown(path):
    import html5lib
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(Path(path).read_text())
    flat = [child for token in tokens for child in [token, *(token.children or [])]]
    kinds = {token.type for token in flat}
    assert not kinds & {"html_block", "html_inline", "link_open", "image", "fence", "code_block", "s_open"}, kinds
    assert {"heading_open", "table_open", "code_inline", "blockquote_open"} <= kinds, kinds
    page = MarkdownIt("gfm-like", {"linkify": False}).render(Path(path).read_text())
    html5lib.HTMLParser(strict=True).parseFragment(page)
    rows = [token for token in tokens if token.type == "tr_open"]
    columns = Counter(token.type for token in tokens)
    assert len(rows) * 8 >= columns["td_open"] + columns["th_open"]
    return Counter(token.tag for token in tokens if token.type == "heading_open"), [token.content for token in flat]


def read_html(path):
    import html5lib

    page = html5lib.parse(Path(path).read_bytes(), namespaceHTMLElements=False, transport_encoding="utf-8")
    assert len(list(page.iter("script"))) == 1 and not list(page.iter("img")) and not list(page.iter("iframe"))
    for element in page.iter():
        assert not [name for name in element.attrib if str(name).startswith("on") or name == "style"], element.attrib
        assert element.get("href", "#").startswith(("#", "data:image/svg+xml,%3Csvg")), element.attrib
    # The policy knows the one style and the one script by what is in them, and nothing else.
    policy = next(meta.get("content") for meta in page.iter("meta") if meta.get("http-equiv"))
    for tag in ("style", "script"):
        (element,) = page.iter(tag)
        known = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{known}';" in policy, policy
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy, policy
    cards = [card for card in page.iter("details") if "control" in card.get("class").split()]
    return Counter(card.get("data-verdict") for card in cards), ["".join(element.itertext()) for element in page.iter()]


def read_docker_bench(path):
    report = json.loads(Path(path).read_bytes())
    assert set(report) == {"dockerbenchsecurity", "start", "tests", "checks", "score", "end"}
    results = [result for test in report["tests"] for result in test["results"]]
    assert report["checks"] == len(results) and isinstance(report["end"], int)
    return Counter(result["result"] for result in results), list(texts(report))


def read_kube_bench(path):
    report = json.loads(Path(path).read_bytes())
    results = []
    for control in report["Controls"]:
        for test in control["tests"]:
            of = Counter(result["status"] for result in test["results"])
            assert [of[key] for key in ("PASS", "FAIL", "WARN", "INFO")] == [test[k] for k in ("pass", "fail", "warn", "info")]
            results.extend(test["results"])
    counts = Counter(result["status"] for result in results)
    totals = report["Totals"]
    assert counts == Counter({key: totals["total_" + key.lower()] for key in ("PASS", "FAIL", "WARN", "INFO")})
    return counts, list(texts(report))


if __name__ == "__main__":
    counts, seen = globals()["read_" + sys.argv[1].replace("-", "_")](*sys.argv[2:])
    json.dump({"counts": counts, "texts": sorted(set(seen))}, sys.stdout)
