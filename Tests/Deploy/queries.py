"""The queries of the dashboard and of the rules: where each stands, and which metrics and labels it names."""
import dataclasses
import json
import pathlib
import re

import promql_parser as promql
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy/grafana/softmoe.json"
RULES = ROOT / "deploy/prometheus/alerts.yaml"


@dataclasses.dataclass
class Query:
    where: str
    text: str
    # Labels that a legend or an alert's text shows.
    shown: set = dataclasses.field(default_factory=set)

    def filled(self, layer: str = ".+") -> str:
        """The query with the dashboard's variables filled in: every server, and one layer where one is meant."""
        text = re.sub(r'=~"\$\w+"', '=~".+"', self.text)
        return text.replace("$__rate_interval", "1m").replace("$job", "softmoe").replace("$layer", layer)

    def selectors(self) -> list:
        """The metric names of the query, each with the labels that its braces name."""
        return [(node.name, {matcher.name for matcher in node.matchers.matchers})
                for node in self._nodes() if isinstance(node, promql.VectorSelector)]

    def labels(self) -> set:
        """The labels that the query groups or matches by."""
        found = set()
        for node in self._nodes():
            if isinstance(node, promql.AggregateExpr) and node.modifier:
                found.update(node.modifier.labels)
            if isinstance(node, promql.BinaryExpr) and node.modifier and node.modifier.matching:
                found.update(node.modifier.matching.labels, node.modifier.group_labels or [])
        return found

    def _nodes(self) -> list:
        found = []
        promql.walk(promql.parse(self.filled()), found.append)
        return found


def dashboard() -> list:
    """The queries of the panels, and those that fill the variables."""
    board = json.loads(DASHBOARD.read_text())
    found = []
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            shown = set(re.findall(r"{{(\w+)}}", target.get("legendFormat", "")))
            found.append(Query(f"dashboard, {panel['title']}", target["expr"], shown))
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            text, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
            found.append(Query(f"dashboard, variable {variable['name']}", text, {label}))
    return found


def rules() -> list:
    """The queries of the recording rules and of the alerts."""
    found = []
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            shown = set(re.findall(r"\$labels\.(\w+)", " ".join(rule.get("annotations", {}).values())))
            found.append(Query(rule.get("alert") or rule["record"], rule["expr"], shown))
    return found


def recorded() -> dict:
    """The labels of each metric that the recording rules make."""
    return {query.where: query.labels() for query in rules() if ":" in query.where}
