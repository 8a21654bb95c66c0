using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;

namespace Mlops.Tuning.Tests;

public sealed class StudyReportTests
{
    private SqliteFile _file = null!;
    private Studies _studies = null!;

    [SetUp]
    public void Open()
    {
        _file = new SqliteFile();
        _studies = new Studies(_file.Database);
    }

    [TearDown]
    public async Task Close()
    {
        await _studies.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Test]
    public async Task A_report_shows_every_picture_of_one_objective_and_loads_nothing()
    {
        Study study = await _studies.OpenAsync("one", Direction.Minimize, new() { Sampler = new RandomSampler(), Seed = 5 });
        await study.OptimizeAsync(Objective, new() { TotalTrials = 40 });

        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That(Headings(page), Is.EqualTo(new[] { "History", "Importance", "Slices", "Parallel coordinates", "Learning curves", "Timeline", "Best trials" }));
        Assert.That(page.Descendants().Attributes().Select(static attribute => attribute.Name.LocalName), Has.None.EqualTo("src").And.None.EqualTo("href"));
        Assert.That(page.Descendants("script"), Is.Empty);

        int completed = 0;
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            completed += trial.State == TrialState.Completed ? 1 : 0;
        }

        Assert.That(Picture(page, "objective by trial").Descendants("circle").Count(), Is.EqualTo(completed));
        Assert.That(Picture(page, "report by step").Descendants("path").Count(), Is.EqualTo(40));
        Assert.That(Picture(page, "timeline").Descendants("rect").Count(), Is.EqualTo(40));
        Assert.That(Picture(page, "parallel coordinates").Descendants("path").Count(), Is.EqualTo(completed));
        Assert.That(Picture(page, "importance").Descendants("rect").Count(), Is.EqualTo(3));
        Assert.That(page.Descendants("tbody").Single().Elements().First().Elements().First().Value, Is.EqualTo($"{(await study.GetBestAsync()).Number}"));
    }

    [Test]
    public async Task A_report_of_several_objectives_marks_the_front()
    {
        Study study = await _studies.OpenAsync("two", [Direction.Minimize, Direction.Maximize], new() { Sampler = new RandomSampler(), Seed = 5 });
        await study.OptimizeAsync(
            static (trial, _) =>
            {
                double x = trial.SuggestDouble("x", 0, 1);
                return Task.FromResult(new[] { x * x, x + trial.SuggestDouble("y", 0, 0.1) });
            },
            new() { TotalTrials = 30 });

        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That(Headings(page), Does.Contain("Pareto front").And.Contains("Trials of the front"));
        Assert.That(page.Descendants("text").Select(static text => text.Value), Does.Contain("objective 0, lower is better").And.Contains("objective 1, higher is better"));
        Assert.That(page.Descendants("th").Select(static cell => cell.Value), Is.EqualTo(new[] { "Trial", "Objective 0", "Objective 1", "Parameters" }));
        Assert.That(
            Picture(page, "objective 1 by objective 0").Descendants("circle").Count(static circle => circle.Attribute("class")!.Value == "f"),
            Is.EqualTo((await study.GetParetoFrontAsync()).Count));
    }

    [Test]
    public async Task What_misses_a_constraint_is_marked_and_is_not_shown_as_the_best()
    {
        Study study = await _studies.OpenAsync("constrained", Direction.Minimize, new() { Sampler = new RandomSampler(), Seed = 5 });
        await study.OptimizeAsync(
            static (trial, _) =>
            {
                double x = trial.SuggestDouble("x", 0, 1);
                trial.SuggestDouble("y", 0, 1);
                trial.SetConstraint("at least a half", 0.5 - x);
                return Task.FromResult(x);
            },
            new() { TotalTrials = 40 });
        TrialRecord best = await study.GetBestAsync();
        int missed = 0;
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            missed += trial.IsFeasible ? 0 : 1;
        }

        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That(Picture(page, "objective by trial").Descendants("circle").Count(static circle => circle.Attribute("class")!.Value == "o"), Is.EqualTo(missed));
        Assert.That(
            Picture(page, "parallel coordinates").Descendants("path").Single(static path => path.Attribute("class")!.Value == "b").Value, Does.StartWith($"trial {best.Number}:"));
        Assert.That(page.Descendants("dd").Select(static fact => fact.Value), Does.Contain($"{missed}").And.Contains(FormattableString.Invariant($"{best.Value:G6}, trial {best.Number}")));
        Assert.That(page.Descendants("tbody").Single().Elements().First().Elements().Last().Value, Does.StartWith("at least a half = -"));
    }

    [Test]
    public async Task Far_values_do_not_squeeze_learning_curves()
    {
        Study study = await _studies.OpenAsync("far", Direction.Minimize, new() { Sampler = new RandomSampler(), Seed = 5 });
        await study.OptimizeAsync(
            static (trial, _) =>
            {
                double value = trial.Number == 1 ? 1e6 : trial.SuggestDouble("x", 0, 1);
                trial.Report(0, value);
                trial.Report(1, value);
                return Task.FromResult(value);
            },
            new() { TotalTrials = 12 });

        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That(Picture(page, "report by step").Descendants("text").Select(static text => text.Value), Has.None.Contains("E+0").And.None.Contains("00000"));
        Assert.That(Picture(page, "report by step").Descendants("path").Count(), Is.EqualTo(12), "the far one is at the edge");
    }

    /// <summary>One trial runs for 30 seconds by now, one waits, one paused and one began nobody knows when.</summary>
    [Test]
    public async Task A_timeline_shows_what_ran_and_says_what_is_unknown()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var studies = new Studies(_file.Database, timeProvider: time);
        Study study = await studies.OpenAsync("states", Direction.Minimize);
        await study.TellAsync(await study.AskAsync(), 1);
        await study.PauseAsync(await study.AskAsync());
        time.Advance(TimeSpan.FromSeconds(90));
        await study.TellAsync(await study.AskAsync(), 1);
        await using Trial running = await study.AskAsync();
        await study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(1) });
        time.Advance(TimeSpan.FromSeconds(30));
        await DamageStartAsync(0);

        XDocument page = Parse(await study.ToHtmlAsync());

        XElement[] bars = [.. Picture(page, "timeline").Descendants("rect")];
        Assert.That(bars.Select(static bar => bar.Value), Is.EqualTo(new[] { "trial 1, Paused", "trial 2, Completed, 0", "trial 3, Running, 30.0 s" }));
        Assert.That(bars.Select(static bar => double.Parse(bar.Attribute("x")!.Value, CultureInfo.InvariantCulture)), Is.EqualTo(new[] { 0.0, 675, 675 }));
        string caption = page.Descendants("p").Single(static text => text.Value.Contains("place to run")).Value;
        Assert.That(caption, Does.Contain("since 2026-03-01 12:00:00 UTC").And.Contains("1 of which is unknown when they began"));
        Assert.That(Fact(page, "Began, UTC"), Is.EqualTo("2026-03-01 12:00:00"));
        Assert.That(Fact(page, "Waiting"), Is.EqualTo("1"));
    }

    [Test]
    public async Task A_study_of_which_is_unknown_when_it_began_says_so()
    {
        Study study = await _studies.OpenAsync("damaged", Direction.Minimize);
        await study.TellAsync(await study.AskAsync(), 1);
        await DamageStartAsync(0);

        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That((Fact(page, "Began, UTC"), Fact(page, "Last finished, UTC")), Is.EqualTo(("unknown", "unknown")));
        Assert.That(page.ToString(), Does.Not.Contain("1970"));
    }

    [Test]
    public async Task A_trial_with_one_report_is_a_dot()
    {
        Study study = await _studies.OpenAsync("dots", Direction.Minimize);
        Trial trial = await study.AskAsync();
        trial.Report(0, 1);
        await study.PruneAsync(trial);

        XElement dot = Picture(Parse(await study.ToHtmlAsync()), "report by step").Descendants("path").Single();

        Assert.That(dot.Attribute("class")!.Value, Is.EqualTo("x u"));
        Assert.That(dot.Attribute("d")!.Value, Does.Match("^M[0-9.]+ [0-9.]+h0$"));
    }

    /// <summary>Labels have a character between them at least; of an axis of 20 characters a third of ten choices of five fit.</summary>
    [TestCase(20, "aaaa0 aaaa4 aaaa8")]
    [TestCase(61, "aaaa0 aaaa1 aaaa2 aaaa3 aaaa4 aaaa5 aaaa6 aaaa7 aaaa8 aaaa9")]
    [TestCase(2, "aaaa0")]
    public void Labels_beside_each_other_do_not_overlap(double characters, string labels) => Assert.That(
        string.Join(' ', ChartScale.Of(ParameterDomain.Categorical([.. Enumerable.Range(0, 10).Select(static i => $"aaaa{i}")])).TicksAcross(characters).Select(static tick => tick.Label)),
        Is.EqualTo(labels));

    [TestCase("learning_rate", 20, "learning_rate")]
    [TestCase("a_very_long_parameter_name_7", 12, "a_ver…name_7")]
    [TestCase("abcdef", 5, "ab…ef")]
    public void Long_names_keep_their_ends(string name, int maximum, string cut) => Assert.That(ChartScale.Cut(name, maximum), Is.EqualTo(cut));

    [TestCase(12345, "12345")]
    [TestCase(0.123456, "0.1235")]
    [TestCase(12345.678, "12345.7")]
    [TestCase(0.0000123456, "1.235E-5")]
    [TestCase(1e20, "1E20")]
    [TestCase(double.PositiveInfinity, "Infinity")]
    public void Values_are_written_to_be_read(double value, string text) => Assert.That(ChartScale.Text(value), Is.EqualTo(text));

    [TestCase(0, 1, "0 1")]
    [TestCase(0, 2, "0 1 2")]
    [TestCase(5, 5, "5 6")]
    [TestCase(0, 299, "0 50 100 150 200 250")]
    public void Whole_numbers_are_marked_at_whole_numbers(double low, double high, string ticks)
    {
        Assert.That(string.Join(' ', ChartScale.Whole(low, high).Ticks().Select(static tick => tick.Label)), Is.EqualTo(ticks));
    }

    [Test]
    public async Task Names_are_text_and_a_study_without_trials_has_a_page()
    {
        Study study = await _studies.OpenAsync("<b>&", Direction.Minimize);
        Assert.That(Headings(Parse(await study.ToHtmlAsync())), Is.Empty);

        await study.OptimizeAsync(
            static (trial, _) => Task.FromResult(trial.SuggestDouble("\"<i>", 0, 1) + trial.SuggestCategorical("k", "<a>", "'b'").Length), new() { TotalTrials = 5 });
        XDocument page = Parse(await study.ToHtmlAsync());

        Assert.That(page.Descendants("h1").Single().Value, Is.EqualTo("Study <b>&"));
        Assert.That(page.Descendants("i").Concat(page.Descendants("b")).Concat(page.Descendants("a")), Is.Empty);
    }

    [Test]
    public async Task Failed_trials_alone_leave_a_timeline()
    {
        Study study = await _studies.OpenAsync("bad", Direction.Minimize);
        await study.OptimizeAsync(static (trial, _) => Task.FromResult(double.NaN * trial.SuggestDouble("x", 0, 1)), new() { TotalTrials = 4 });

        Assert.That(Headings(Parse(await study.ToHtmlAsync())), Is.EqualTo(new[] { "Timeline" }));
    }

    [TestCase(0, 10, false, "0 2 4 6 8 10")]
    [TestCase(-0.3, 0.42, false, "-0.2 0 0.2 0.4")]
    [TestCase(1e-5, 1, true, "0.0001 0.01 1")]
    [TestCase(2, 9, true, "2 9")]
    [TestCase(3, 3, false, "2 3 4")]
    [TestCase(0, 120_000, false, "0 20000 40000 60000 80000 100000 120000")]
    [TestCase(0, 8e-8, false, "0 2E-8 4E-8 6E-8 8E-8")]
    public void Axes_are_marked_at_round_numbers(double low, double high, bool log, string ticks)
    {
        (double Place, string Label)[] found = [.. ChartScale.Numbers(low, high, log).Ticks()];

        Assert.That(string.Join(' ', found.Select(static tick => tick.Label)), Is.EqualTo(ticks));
        Assert.That(found.Select(static tick => tick.Place), Is.Ordered.And.All.InRange(0, 1));
    }

    private static Task<double> Objective(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -1, 1);
        double rate = trial.SuggestDouble("rate", 1e-5, 1, log: true);
        string kind = trial.SuggestCategorical("kind", "a", "b", "c");
        for (int step = 0; step < 5; step++)
        {
            trial.Report(step, (x * x) + (1.0 / (step + 1)));
        }

        return x > 0.9 ? throw new TrialPrunedException() : Task.FromResult((x * x) + (kind == "a" ? 0.2 : 0) + (0.01 * Math.Abs(Math.Log10(rate) + 3)));
    }

    private async Task DamageStartAsync(int number)
    {
        await using var connection = new SqliteConnection($"Data Source={_file.Path};Pooling=False");
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "UPDATE tuning_trial SET started = 9223372036854775807, finished = NULL WHERE number = @number";
        command.Parameters.AddWithValue("@number", number);
        await command.ExecuteNonQueryAsync();
    }

    private static string Fact(XDocument page, string name) => page.Descendants("dt").Single(fact => fact.Value == name).ElementsAfterSelf("dd").Single().Value;

    private static XDocument Parse(string html)
    {
        using var reader = XmlReader.Create(new StringReader(html), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }

    private static string[] Headings(XDocument page) => [.. page.Descendants("h2").Select(static heading => heading.Value)];

    private static XElement Picture(XDocument page, string label) => page.Descendants("svg").First(svg => svg.Attribute("aria-label")!.Value == label);
}
