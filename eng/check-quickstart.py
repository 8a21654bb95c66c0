"""Holds result.json of the Quickstart against the goals that the sample is meant to show; exits with 1 and says which is missed."""
import json
import sys

result = json.load(open(sys.argv[1]))
years = {int(year["period"]): year for year in result["years"]}
judged = result["judged"]
managed = judged["managed"]["mae"]
young = years[2004]["managed"]["r2"]
shares = [years[year]["managed"]["r2"] / young for year in range(2006, 2017)]
runs = sum(year["pipelineRuns"] for year in result["years"])
pushed = [decision for decision in result["decisions"] if decision["origin"] == "Pushed"]
goals = {
    f"managed MAE 2006-2016 {managed:.3f} <= 1.20": managed <= 1.20,
    f"{managed / judged['naive']['mae']:.3f} of naive <= 0.80": managed <= 0.80 * judged["naive"]["mae"],
    f"{managed / result['blindAsOften']['mae']:.3f} of blind, retrained as often, <= 1.05": managed <= 1.05 * result["blindAsOften"]["mae"],
    f"frozen MAE 2004 {years[2004]['frozen']['mae']:.3f} <= 0.70": years[2004]["frozen"]["mae"] <= 0.70,
    f"R2 >= 95 % of 2004 in {sum(share >= 0.95 for share in shares)} of 11 years, 10 wanted": sum(share >= 0.95 for share in shares) >= 10,
    f"R2 never below {min(shares):.3f} of 2004, 0.90 wanted": min(shares) >= 0.90,
    f"{runs} pipeline runs <= 45": runs <= 45,
    "the candidate with shuffled labels was stopped": len(pushed) == 1 and not pushed[0]["accepted"],
}
for goal, reached in goals.items():
    print("reached:" if reached else "MISSED: ", goal)
sys.exit(0 if all(goals.values()) else 1)
