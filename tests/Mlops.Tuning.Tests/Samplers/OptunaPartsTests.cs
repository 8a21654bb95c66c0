using System.Text.Json;

namespace Mlops.Tuning.Tests;

/// <summary>What Optuna and its cmaes compute, by tests/reference/tuning/optuna_parts.py.</summary>
public sealed class OptunaPartsTests
{
    private static readonly string[] Names = ["real", "log", "step", "whole", "wholelog", "choice"];

    private static readonly ParameterDomain[] Domains =
    [
        ParameterDomain.Real(-5, 10), ParameterDomain.Real(1e-5, 1, log: true), ParameterDomain.Real(0, 1, step: 0.25), ParameterDomain.Whole(1, 20),
        ParameterDomain.Whole(1, 100, log: true), ParameterDomain.Categorical("a", "b", "c"),
    ];

    private static readonly Lazy<JsonElement> Parts = new(static () =>
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "tuning", "optuna_parts.json"))));

    /// <summary>None, few and many observations of every kind of parameter: widths, cut-offs, smoothing, and weights by age.</summary>
    [Test]
    public void Parzen_densities_and_weights_are_those_of_Optuna_5()
    {
        foreach (JsonElement reference in Cases("tpe"))
        {
            var mixture = new ParzenMixture(Domains);
            double[][] seen = Points(reference.GetProperty("seen"));
            for (int i = 0; i < seen.Length; i++)
            {
                mixture.Add(i, seen[i]);
            }

            mixture.Prepare();
            double[][] at = Points(reference.GetProperty("at"));
            double[] densities = new double[at.Length];
            mixture.LogDensity([.. Enumerable.Range(0, Domains.Length).Select(d => Array.ConvertAll(at, point => point[d]))], densities);

            Assert.That(densities, Is.EqualTo(reference.GetProperty("log_density").Deserialize<double[]>()).Within(1e-8), $"{seen.Length} observations.");
        }

        static double[][] Points(JsonElement rows) => [.. rows.EnumerateArray().Select(static row => Enumerable.Range(0, Domains.Length).Select(d =>
            row.GetProperty(Names[d]) is { ValueKind: JsonValueKind.String } choice ? "abc".IndexOf(choice.GetString()!, StringComparison.Ordinal) : row.GetProperty(Names[d]).GetDouble()).ToArray())];
    }

    [Test]
    public void Good_trials_are_those_of_Optuna()
    {
        foreach (JsonElement reference in Cases("splits"))
        {
            var history = new TrialHistory(1);
            var space = new StudySpace("s", [Direction.Minimize], 0);
            foreach (double[] row in reference.GetProperty("trials").Deserialize<double[][]>()!)
            {
                TrialState state = row[0] == 0 ? TrialState.Completed : TrialState.Pruned;
                history.Add(
                    new HistoryRow(history.Count, state, state == TrialState.Completed ? [row[1]] : [], row[2] < 0 ? null : new TrialReport((int)row[2], row[1]), [], row[3]), space);
            }

            Assert.That(
                new TpeSplit(space.Directions).Good(new TrialView(history, history.Count), history.Count).Order(),
                Is.EqualTo(reference.GetProperty("good").Deserialize<int[]>()), $"{history.Count} trials.");
        }
    }

    [Test]
    public void Fronts_volumes_and_chosen_subsets_are_those_of_Optuna()
    {
        foreach (JsonElement reference in Cases("fronts"))
        {
            double[][] points = reference.GetProperty("points").Deserialize<double[][]>()!;
            double[] worst = [.. points[0].Select(static _ => 1.1)];
            int[] chosen = reference.GetProperty("chosen").Deserialize<int[]>()!;

            Assert.That(ParetoRanks.Of(points), Is.EqualTo(reference.GetProperty("ranks").Deserialize<int[]>()));
            Assert.That(Hypervolume.Of(points, worst), Is.EqualTo(reference.GetProperty("volume").GetDouble()).Within(1e-12));
            double[][] first = [.. points.Zip(ParetoRanks.Of(points)).Where(static point => point.Second == 0).Select(static point => point.First)];
            Assert.That(Hypervolume.ChooseSubset(first, chosen.Length, worst).Order(), Is.EqualTo(chosen));
        }
    }

    [Test]
    public void Evolutions_are_those_of_cmaes()
    {
        foreach (JsonElement reference in Cases("evolutions"))
        {
            double[] middle = new double[reference.GetProperty("dimensions").GetInt32()];
            Array.Fill(middle, 0.5);
            var strategy = new CmaEsStrategy(middle, 1.0 / 6, reference.GetProperty("population").GetInt32());
            foreach (JsonElement generation in reference.GetProperty("generations").EnumerateArray())
            {
                strategy.Update(generation.GetProperty("points").Deserialize<double[][]>()!);

                string at = $"{middle.Length} dimensions, generation {strategy.Generation}.";
                Assert.That(strategy.Mean, Is.EqualTo(generation.GetProperty("mean").Deserialize<double[]>()).Within(1e-9), at);
                Assert.That(strategy.Deviation, Is.EqualTo(generation.GetProperty("deviation").GetDouble()).Within(1e-9), at);
                Assert.That(strategy.Covariance, Is.EqualTo(generation.GetProperty("covariance").Deserialize<double[][]>()).Within(1e-8), at);
            }
        }
    }

    /// <summary>Of a margin's share beyond the mean's cell a quantile is taken twice, in cmaes by a series that is right to seven digits.</summary>
    [Test]
    public void Margins_are_those_of_cmaes()
    {
        foreach (double?[] row in Parts.Value.GetProperty("margins").Deserialize<double?[][]>()!)
        {
            (double mean, double deviation) = CmaEsMargin.Correct(row[0]!.Value, row[1]!.Value, row[2] ?? double.NegativeInfinity, row[3] ?? double.PositiveInfinity, row[4]!.Value);

            Assert.That(mean, Is.EqualTo(row[5]!.Value).Within(1e-6));
            Assert.That(deviation, Is.EqualTo(row[6]!.Value).Within(1e-6));
        }
    }

    [Test]
    public void A_warm_start_is_that_of_cmaes()
    {
        JsonElement reference = Parts.Value.GetProperty("warm_start");
        double[][] points = reference.GetProperty("points").Deserialize<double[][]>()!;
        double[] values = reference.GetProperty("values").Deserialize<double[]>()!;
        ParameterDomain[] domains = [.. Enumerable.Repeat(ParameterDomain.Real(0, 1), 3)];
        TrialRecord[] trials = [.. points.Select((point, n) => TrialRecords.Completed(
            n, [values[n]], [.. point.Select(static (value, d) => KeyValuePair.Create(((char)('a' + d)).ToString(), new ParameterValue(value)))]))];

        (double[] mean, double deviation, double[][] covariance) =
            CmaEsWarmStart.From(trials, ["a", "b", "c"], domains, Array.ConvertAll(domains, static domain => new UnitAxis(domain)), maximizes: false)!.Value;

        Assert.That(mean, Is.EqualTo(reference.GetProperty("mean").Deserialize<double[]>()).Within(1e-12));
        Assert.That(deviation, Is.EqualTo(reference.GetProperty("deviation").GetDouble()).Within(1e-12));
        Assert.That(covariance, Is.EqualTo(reference.GetProperty("covariance").Deserialize<double[][]>()).Within(1e-12));
    }

    private static JsonElement.ArrayEnumerator Cases(string part) => Parts.Value.GetProperty(part).EnumerateArray();
}
