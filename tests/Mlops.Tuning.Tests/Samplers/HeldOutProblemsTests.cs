using System.Text.Json;

namespace Mlops.Tuning.Tests;

public sealed class HeldOutProblemsTests
{
    /// <summary>By tests/reference/tuning/held_out.py, whose problems Optuna was run on.</summary>
    [TestCaseSource(nameof(Names))]
    public void They_are_those_that_the_reference_was_run_on(string problem)
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "held_out.json")));
        foreach (JsonElement row in reference.RootElement.GetProperty(problem).EnumerateArray())
        {
            var harness = new SamplerHarness(new Answers(row.GetProperty("point").Deserialize<Dictionary<string, double>>()!), 0);
            harness.Begin();
            Assert.That(HeldOutProblems.All[problem](harness), Is.EqualTo(row.GetProperty("value").GetDouble()).Within(1e-12).Percent);
        }
    }

    private static IEnumerable<string> Names() => HeldOutProblems.All.Keys;

    private sealed class Answers(Dictionary<string, double> point) : StudySampler, ISampler
    {
        public string Name => "answers";

        public StudySampler ForStudy(StudySpace space) => this;

        public override double Sample(SamplingContext context, string parameter, ParameterDomain domain) => point[parameter];
    }
}
