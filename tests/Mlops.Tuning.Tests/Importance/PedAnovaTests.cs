using System.Text.Json;

namespace Mlops.Tuning.Tests;

public sealed class PedAnovaTests
{
    /// <summary>Reference values by tests/reference/tuning/importance.py.</summary>
    [Test]
    public void Shares_equal_those_of_the_definition()
    {
        using JsonDocument reference = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "importance.json")));
        KeyValuePair<string, ParameterDomain>[] domains = [.. reference.RootElement.GetProperty("domains").EnumerateObject()
            .Select(static domain => KeyValuePair.Create(domain.Name, Domain(domain.Value)))];
        foreach (JsonElement one in reference.RootElement.GetProperty("cases").EnumerateArray())
        {
            CompletedTrials trials = Trials(domains, one);
            double[] shares = new PedAnova(trials, one.GetProperty("quantile").GetDouble()).Shares([.. Enumerable.Range(0, trials.Count)]);

            Assert.That(shares, Is.EqualTo(domains.Select(domain => one.GetProperty("shares").GetProperty(domain.Key).GetDouble())).Within(1e-9));
        }
    }

    [Test]
    public void A_constant_matters_not_and_too_few_trials_share_equally()
    {
        KeyValuePair<string, ParameterDomain>[] domains = [new("x", ParameterDomain.Real(0, 1)), new("y", ParameterDomain.Real(0, 1)), new("c", ParameterDomain.Whole(3, 3))];
        TrialRecord[] trials = [.. Enumerable.Range(0, 2).Select(static i => TrialRecords.Completed(i, [i], new("x", new(0.5)), new("y", new(0.1 * i)), new("c", new(3))))];

        double[] shares = new PedAnova(CompletedTrials.Of(trials, domains, 0, Direction.Minimize), 0.1).Shares([0, 1]);

        Assert.That(shares, Is.EqualTo(new[] { 0.5, 0.5, 0 }));
    }

    [Test]
    public void The_largest_values_count_as_best_where_the_objective_is_maximised()
    {
        KeyValuePair<string, ParameterDomain>[] domains = [new("x", ParameterDomain.Real(0, 1)), new("y", ParameterDomain.Real(0, 1))];

        // x decides at the top, y at the bottom.
        var random = new RandomStream(3, 0, "test");
        TrialRecord[] trials = [.. Enumerable.Range(0, 300).Select(i =>
        {
            double x = random.NextDouble();
            double y = random.NextDouble();
            return TrialRecords.Completed(i, [(x > 0.9 ? 10 : 0) - (y < 0.1 ? 10 : 0) + (0.01 * random.NextDouble())], new("x", new(x)), new("y", new(y)));
        })];

        Assert.That(Share(Direction.Maximize), Is.GreaterThan(0.8));
        Assert.That(Share(Direction.Minimize), Is.LessThan(0.2));

        double Share(Direction direction) =>
            new PedAnova(CompletedTrials.Of(trials, domains, 0, direction), 0.1).Shares([.. Enumerable.Range(0, trials.Length)])[0];
    }

    private static ParameterDomain Domain(JsonElement domain)
    {
        bool log = domain.TryGetProperty("log", out JsonElement scale) && scale.GetBoolean();
        return domain.GetProperty("kind").GetString() switch
        {
            "categorical" => ParameterDomain.Categorical([.. Enumerable.Range(0, domain.GetProperty("choices").GetInt32()).Select(static i => $"c{i}")]),
            "whole" => ParameterDomain.Whole(domain.GetProperty("low").GetInt32(), domain.GetProperty("high").GetInt32(), log),
            _ => ParameterDomain.Real(
                domain.GetProperty("low").GetDouble(), domain.GetProperty("high").GetDouble(), log, domain.TryGetProperty("step", out JsonElement step) ? step.GetDouble() : null),
        };
    }

    private static CompletedTrials Trials(KeyValuePair<string, ParameterDomain>[] domains, JsonElement one)
    {
        double[] values = one.GetProperty("values").Deserialize<double[]>()!;
        TrialRecord[] trials = [.. one.GetProperty("trials").EnumerateArray().Select((trial, i) => TrialRecords.Completed(
            i, [values[i]], [.. domains.Select(domain => KeyValuePair.Create(domain.Key, domain.Value.ToValue(trial.GetProperty(domain.Key).GetDouble())))]))];
        return CompletedTrials.Of(trials, domains, 0, Direction.Minimize);
    }
}
