using System.Text.Json;
using Mlops.Statistics;
using Mlops.Statistics.Tests;

namespace Mlops.Drift.Tests;

/// <summary>Both reports against figures made by numpy and scipy: a year of real days, and references large enough for NannyML to estimate.</summary>
internal sealed class PeerFiguresTests
{
    private static readonly DriftSchema Numbers = DriftSchema.Create(static s => s.Numeric("x"));
    private static readonly Dictionary<string, EvidentlyTest> Tests = new()
    {
        ["ks"] = EvidentlyTest.KolmogorovSmirnov,
        ["chi"] = EvidentlyTest.ChiSquare,
        ["z"] = EvidentlyTest.Proportions,
        ["wasserstein"] = EvidentlyTest.Wasserstein,
        ["js"] = EvidentlyTest.JensenShannon,
        ["psi"] = EvidentlyTest.PopulationStabilityIndex,
        ["kl"] = EvidentlyTest.KullbackLeibler,
    };

    private static readonly Dictionary<string, NannyMlMethod> Methods = new()
    {
        ["js"] = NannyMlMethod.JensenShannon,
        ["hellinger"] = NannyMlMethod.Hellinger,
        ["ks"] = NannyMlMethod.KolmogorovSmirnov,
        ["wasserstein"] = NannyMlMethod.Wasserstein,
    };

    private static IEnumerable<string> Cases => PeerFigures.Large.Select(static item => item.GetProperty("id").GetString()!);

    [TestCase("evidently", int.MaxValue)]
    [TestCase("evidently_few", 1_000)]
    public void Evidently_chooses_scores_and_judges_every_column_of_every_quarter(string kind, int rows)
    {
        DriftBatch reference = PeerFigures.Reference(rows);
        DriftBatch[] quarters = PeerFigures.Quarters();
        for (int quarter = 0; quarter < quarters.Length; quarter++)
        {
            foreach (EvidentlyColumn column in EvidentlyReport.Compare(reference, quarters[quarter]).Columns)
                Agree(column, PeerFigures.Rides.GetProperty(column.Name).GetProperty(kind)[quarter]);
        }
    }

    [Test]
    public void Evidently_uses_the_test_it_is_told()
    {
        DriftBatch reference = PeerFigures.Reference(), year = PeerFigures.Year2008();
        string[] asked = ["psi", "kl", "js", "ks"];
        for (int i = 0; i < asked.Length; i++)
        {
            foreach (EvidentlyColumn column in EvidentlyReport.Compare(reference, year, new EvidentlyOptions { NumericTest = Tests[asked[i]] }).Columns)
                Agree(column, PeerFigures.Rides.GetProperty(column.Name).GetProperty("evidently_asked")[i]);
        }
    }

    [TestCase("js")]
    [TestCase("hellinger")]
    [TestCase("ks")]
    [TestCase("wasserstein")]
    public void Nannyml_has_the_same_figures_thresholds_and_alerts(string method)
    {
        NannyMlReport report = NannyMlReport.Compare(PeerFigures.Reference(), PeerFigures.Year2008(), new NannyMlOptions { ChunkRows = PeerFigures.ChunkRows, NumericMethod = Methods[method] });
        foreach (string name in PeerFigures.Names)
            Agree(report, name, PeerFigures.Rides.GetProperty(name).GetProperty("nannyml").GetProperty(method));
    }

    [TestCaseSource(nameof(Cases))]
    public void Large_references_are_estimated_unless_told_otherwise(string id)
    {
        JsonElement item = PeerFigures.Large.Single(item => item.GetProperty("id").GetString() == id);
        DriftBatch x = new DriftBatch(Numbers).Numeric("x", GoldenSample.Build(item.GetProperty("x"))), y = new DriftBatch(Numbers).Numeric("x", GoldenSample.Build(item.GetProperty("y")));
        foreach (string method in (string[])["ks", "wasserstein"])
        {
            foreach (NannyMlCalculation calculation in Enum.GetValues<NannyMlCalculation>())
            {
                NannyMlReport report = NannyMlReport.Compare(x, y, new NannyMlOptions { NumericMethod = Methods[method], Calculation = calculation });
                JsonElement expected = item.GetProperty(method).GetProperty(calculation switch { NannyMlCalculation.Auto => "auto", NannyMlCalculation.Exact => "exact", _ => "estimated" });
                Agree(report, "x", expected);
            }
        }
    }

    private static void Agree(NannyMlReport report, string column, JsonElement expected)
    {
        NannyMlFigure[] own = [.. report.ReferenceFigures.Where(figure => figure.Column == column)], figures = [.. report.Figures.Where(figure => figure.Column == column)];
        Close(own.Select(static figure => figure.Value), expected.GetProperty("reference"), column);
        Close(figures.Select(static figure => figure.Value), expected.GetProperty("values"), column);
        foreach (NannyMlFigure figure in own.Concat(figures))
        {
            Close([figure.LowerThreshold, figure.UpperThreshold], [expected.GetProperty("lower"), expected.GetProperty("upper")], column);
            Assert.That(figure.IsAlert, Is.EqualTo(figure.Value < figure.LowerThreshold || figure.Value > figure.UpperThreshold));
        }

        Assert.That(figures.Select(static figure => figure.IsAlert), Is.EqualTo(expected.GetProperty("alerts").EnumerateArray().Select(static alert => alert.GetBoolean())), column);
    }

    private static void Agree(EvidentlyColumn column, JsonElement expected)
    {
        Assert.That(column.Test, Is.EqualTo(Tests[expected.GetProperty("test").GetString()!]), column.Name);
        Close([column.Score], [expected.GetProperty("score")], column.Name);
        Assert.That(column.IsDrifted, Is.EqualTo(expected.GetProperty("drifted").GetBoolean()), column.Name);
    }

    private static void Close(IEnumerable<double?> actual, JsonElement expected, string column) => Close([.. actual], [.. expected.EnumerateArray()], column);

    private static void Close(double?[] actual, JsonElement[] expected, string column)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), column);
        for (int i = 0; i < actual.Length; i++)
        {
            double? value = expected[i].ValueKind == JsonValueKind.Null ? null : expected[i].GetDouble();
            Assert.That(actual[i], value is null ? Is.Null : Is.EqualTo(value).Within(1e-9 + (1e-9 * Math.Abs(value.Value))), $"{column} {i}");
        }
    }
}
