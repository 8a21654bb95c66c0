using System.Globalization;
using System.Text.RegularExpressions;
using Mlops.Storage;

namespace Mlops.Tracking.Tests.Search;

public abstract class FilterSuite : TrackingSuite
{
    private static readonly string[] Values = ["tree", "Tree", "forest", "100%", "a_b", "axb", "", "it's", @"back\slash"];
    private static readonly double[] Numbers = [0, -0.0, 1, -1, 2.5, 1e300, double.NaN, double.PositiveInfinity, double.NegativeInfinity];
    private static readonly string[] Orders = ["=", "!=", "<", "<=", ">", ">="];

    private readonly Dictionary<string, IReadOnlyList<MetricPoint>> _histories = [];

    /// <summary>Random filters over random runs, beside an evaluation in memory.</summary>
    [Test]
    public async Task A_filter_lists_and_counts_the_runs_for_which_it_holds()
    {
        var random = new Random(7);
        List<RunRecord> runs = await LogAsync(random, 40);
        int some = 0;
        for (int i = 0; i < 400; i++)
        {
            (string filter, Func<RunRecord, bool> holds) = Draw(random, runs, depth: 3);
            string[] expected = [.. runs.Where(holds).Select(static run => run.Id).Order(StringComparer.Ordinal)];
            RunPage page = await Tracker.ListRunsAsync("e", new() { Filter = filter, Take = 100, Order = i % 2 == 0 ? RunOrder.Newest : RunOrder.Oldest });
            Assert.That(page.Runs.Select(static run => run.Id).Order(StringComparer.Ordinal), Is.EqualTo(expected), filter);
            Assert.That(await Tracker.CountRunsAsync("e", filter), Is.EqualTo(expected.Length), filter);
            some += expected.Length is > 0 and < 40 ? 1 : 0;
        }

        Assert.That(some, Is.GreaterThan(200), "most filters should tell runs apart");
    }

    [Test]
    public async Task A_value_at_a_step_is_found_in_what_is_packed_and_in_what_is_not()
    {
        List<string> ids = [];
        for (int i = 0; i < 3; i++)
        {
            await using Run run = await Tracker.StartRunAsync("e");
            ids.Add(run.Id);
            for (int part = 0; part < 20; part++)
            {
                await run.LogMetricsAsync([.. Enumerable.Range(0, 1_000).Select(step => new Metric("long", part * 1_000 + step + i * 0.25, part * 1_000 + step)), new Metric("short", part, part)]);
            }

            run.Complete();
        }

        Assert.That(await FoundAsync("at(metrics.long, 1234) > 1234.1"), Is.EqualTo(ids[1..]));
        Assert.That(await FoundAsync("at(metrics.long, 19999) = 19999"), Is.EqualTo(ids[..1]));
        Assert.That(await FoundAsync("at(metrics.long, 20000) != 0 OR at(metrics.absent, 1) != 0"), Is.Empty);
        Assert.That(await FoundAsync("NOT at(metrics.short, 7) IN (6, 8) AND at(metrics.short, 7) = 7"), Is.EqualTo(ids));

        async Task<IEnumerable<string>> FoundAsync(string filter) => (await Tracker.ListRunsAsync("e", new() { Filter = filter, Order = RunOrder.Oldest })).Runs.Select(static run => run.Id);
    }

    [Test]
    public async Task Data_is_found_by_name_digest_and_context()
    {
        List<string> ids = [];
        for (int i = 0; i < 4; i++)
        {
            await using Run run = await Tracker.StartRunAsync("e");
            ids.Add(run.Id);
            if (i < 3)
            {
                await run.LogDatasetAsync(new(i == 0 ? "Rides" : "weather", $"d{i}") { Context = i == 1 ? "train" : null });
                await run.LogDatasetAsync(new("shared", "s"));
            }

            run.Complete();
        }

        Assert.That(await FoundAsync("datasets.name = 'Rides'"), Is.EqualTo(ids[..1]));
        Assert.That(await FoundAsync("dataset.name ILIKE 'ri%' OR datasets.digest IN ('d2')"), Is.EqualTo(new[] { ids[0], ids[2] }));
        Assert.That(await FoundAsync("datasets.context = 'train'"), Is.EqualTo(ids[1..2]));
        Assert.That(await FoundAsync("datasets.context != 'test'"), Is.EqualTo(ids[1..2]));
        Assert.That(await FoundAsync("NOT datasets.name = 'shared'"), Is.EqualTo(ids[3..]));
        Assert.That(() => RunOrder.Parse("datasets.name"), Throws.InstanceOf<FilterException>());
        Assert.That(() => FoundAsync("datasets.uri = 'x'"), Throws.InstanceOf<FilterException>());

        async Task<IEnumerable<string>> FoundAsync(string filter) => (await Tracker.ListRunsAsync("e", new() { Filter = filter, Order = RunOrder.Oldest })).Runs.Select(static run => run.Id);
    }

    [Test]
    public async Task Name_and_parent_are_found_as_tags_whoever_set_them()
    {
        RunRecord parent = await Tracker.CreateRunAsync("e", new() { Name = "all" });
        RunRecord child = await Tracker.CreateRunAsync("e", new() { Name = "one", ParentId = parent.Id });
        RunRecord orphan = await Tracker.CreateRunAsync("e", new() { Name = "two", Tags = new Dictionary<string, string> { [RunTags.ParentRunId] = "elsewhere" } });

        Assert.That(await FoundAsync("tags.mlflow.runName = 'one'"), Is.EqualTo(new[] { child.Id }));
        Assert.That(await FoundAsync($"tags.`mlflow.parentRunId` = '{parent.Id}'"), Is.EqualTo(new[] { child.Id }));
        Assert.That(await FoundAsync("tags.mlflow.parentRunId LIKE 'else%'"), Is.EqualTo(new[] { orphan.Id }));
        Assert.That(await FoundAsync("tags.mlflow.parentRunId != 'elsewhere'"), Is.EqualTo(new[] { child.Id }));
        Assert.That(await FoundAsync("NOT tags.mlflow.parentRunId LIKE '%'"), Is.EqualTo(new[] { parent.Id }));
        Assert.That(await FoundAsync("start_time > 0", "tags.mlflow.runName DESC"), Is.EqualTo(new[] { orphan.Id, child.Id, parent.Id }));
        Assert.That(await FoundAsync("start_time > 0", "tags.mlflow.parentRunId DESC"), Is.EqualTo(new[] { orphan.Id, child.Id, parent.Id }));

        await Tracker.UpdateRunAsync(child.Id, new() { Name = "renamed" });
        Assert.That(await FoundAsync("tags.mlflow.runName = 'renamed'"), Is.EqualTo(new[] { child.Id }));
        Assert.That(await Tracker.CountRunsAsync("e", "tags.mlflow.runName = 'one' OR tags.mlflow.parentRunId = 'elsewhere'"), Is.EqualTo(1));

        async Task<IEnumerable<string>> FoundAsync(string filter, string order = "start_time") =>
            (await Tracker.ListRunsAsync("e", new() { Filter = filter, Order = RunOrder.Parse(order) })).Runs.Select(static run => run.Id);
    }

    [Test]
    public async Task A_list_holds_a_thousand_values_and_a_query_ten_thousand_experiments()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        string filter = $"run_id IN ({string.Join(", ", Enumerable.Range(0, 999).Select(static i => $"'{i:x32}'"))}, '{run.Id}')";
        string[] experiments = [.. Enumerable.Range(0, 9_999).Select(static i => $"x{i}"), "e"];

        Assert.That((await Tracker.ListRunsAsync(experiments, new() { Filter = filter })).Runs.Single().Id, Is.EqualTo(run.Id));
    }

    [Test]
    public async Task Pages_of_a_filter_follow_each_other_in_the_order_of_a_metric()
    {
        List<RunRecord> runs = await LogAsync(new Random(3), 30);
        var query = new RunQuery { Filter = "metrics.a >= -5 AND NOT params.model = 'tree'", Order = RunOrder.ByMetricDescending("a"), Take = 4 };
        List<double> read = [];
        do
        {
            RunPage page = await Tracker.ListRunsAsync("e", query);
            read.AddRange(page.Runs.Select(static run => run.Metrics["a"].Value));
            query.After = page.Next;
        }
        while (query.After is not null);

        double[] expected = [.. runs.Where(static run => run.Metrics.TryGetValue("a", out MetricSummary? a) && a.Value >= -5 && run.Parameters.GetValueOrDefault("model") != "tree").Select(static run => run.Metrics["a"].Value).OrderDescending()];
        Assert.That(read, Is.EqualTo(expected));
        Assert.That(expected, Has.Length.GreaterThan(4));
    }

    [Test]
    public async Task Columns_that_were_not_asked_for_are_not_read()
    {
        List<RunRecord> runs = await LogAsync(new Random(5), 20);
        RunPage page = await Tracker.ListRunsAsync("e", new() { Columns = ["metrics.a", "params.model", "tags.absent"] });
        foreach (RunRecord run in page.Runs)
        {
            RunRecord whole = runs.Single(other => other.Id == run.Id);
            Assert.That(run.Metrics.Keys, Is.EqualTo(whole.Metrics.Keys.Where(static key => key == "a")));
            Assert.That(run.Parameters, Is.EqualTo(whole.Parameters.Where(static pair => pair.Key == "model")));
            Assert.That(run.Tags, Is.Empty);
        }

        Assert.That(page.Runs.Any(static run => run.Metrics.Count > 0), Is.True);
        Assert.That((await Tracker.ListRunsAsync("e", new() { Columns = [] })).Runs[0].Parameters, Is.Empty);
        foreach (string column in (string[])["a", "metrics.", "status", "min(metrics.a)", "models.a", "attributes.status"])
        {
            Assert.That(() => Tracker.ListRunsAsync("e", new() { Columns = [column] }), Throws.InstanceOf<ArgumentException>(), column);
        }
    }

    [Test]
    public async Task An_unknown_experiment_has_no_runs_to_count_and_a_filter_is_checked_before_it_is_asked()
    {
        Assert.That(await Tracker.CountRunsAsync("absent", "metrics.a < 1"), Is.Zero);
        Assert.That(() => Tracker.CountRunsAsync("e", "metrics.a <"), Throws.InstanceOf<FilterException>());
        Assert.That(() => Tracker.ListRunsAsync("e", new() { Filter = "x" }), Throws.InstanceOf<FilterException>());
    }

    private async Task<List<RunRecord>> LogAsync(Random random, int count)
    {
        List<string> ids = [];
        for (int i = 0; i < count; i++)
        {
            Time.Advance(TimeSpan.FromTicks(random.Next(40_000)));
            await using Run run = await Tracker.StartRunAsync("e", new() { Name = Values[random.Next(6)] + "n", ParentId = ids.Count > 0 && random.Next(3) == 0 ? ids[0] : null });
            ids.Add(run.Id);
            if (random.Next(3) > 0)
            {
                run.LogParameter("model", Values[random.Next(Values.Length)]);
            }

            if (random.Next(3) > 0)
            {
                run.SetTag("team.name", Values[random.Next(Values.Length)]);
            }

            for (int step = random.Next(-1, 4); step >= 0; step--)
            {
                for (int again = random.Next(3); again >= 0; again--)
                {
                    run.LogMetric("a", Numbers[random.Next(Numbers.Length)], step);
                }
            }

            if (random.Next(2) == 0)
            {
                run.SetTag("mlflow.user", Values[random.Next(Values.Length)]);
            }

            if (random.Next(2) == 0)
            {
                run.Complete();
            }
        }

        await using Run other = await Tracker.StartRunAsync("other");
        other.LogMetric("a", 1);
        other.Complete();
        foreach (string id in ids)
        {
            _histories[id] = await Tracker.GetMetricHistoryAsync(id, "a");
        }

        return [.. (await Tracker.ListRunsAsync("e", new() { Take = 1_000 })).Runs];
    }

    private (string Filter, Func<RunRecord, bool> Holds) AtStep(Random random, int step) =>
        Number(random, $"at(metrics.a, {step})", run => _histories[run.Id].Where(point => point.Step == step).Select(static point => (double?)point.Value).LastOrDefault());

    private (string Filter, Func<RunRecord, bool> Holds) Draw(Random random, List<RunRecord> runs, int depth)
    {
        if (depth > 0 && random.Next(2) == 0)
        {
            (string left, Func<RunRecord, bool> leftHolds) = Draw(random, runs, depth - 1);
            (string right, Func<RunRecord, bool> rightHolds) = Draw(random, runs, depth - 1);
            return random.Next(3) switch
            {
                0 => ($"({left}) AND ({right})", run => leftHolds(run) && rightHolds(run)),
                1 => ($"({left}) or {right}", run => leftHolds(run) || rightHolds(run)),
                _ => ($"NOT ({left})", run => !leftHolds(run)),
            };
        }

        return random.Next(11) switch
        {
            9 => Text(random, "user_id", static run => run.Tags.GetValueOrDefault("mlflow.user")),
            10 => AtStep(random, random.Next(-1, 4)),
            0 => Text(random, "params.model", static run => run.Parameters.GetValueOrDefault("model")),
            1 => Text(random, "tags.`team.name`", static run => run.Tags.GetValueOrDefault("team.name")),
            2 => Text(random, "run_name", static run => run.Name),
            3 => Number(random, "metrics.a", static run => run.Metrics.GetValueOrDefault("a")?.Value),
            4 => Number(random, "min(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Minimum),
            5 => Number(random, "max(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Maximum),
            6 => Number(random, "count(metrics.a)", static run => run.Metrics.GetValueOrDefault("a")?.Count, random.Next(4)),
            7 => Started(random, runs[random.Next(runs.Count)].StartTime),
            _ => Chosen(random, runs),
        };
    }

    private static (string Filter, Func<RunRecord, bool> Holds) Text(Random random, string field, Func<RunRecord, string?> of)
    {
        string value = Values[random.Next(Values.Length)], other = Values[random.Next(Values.Length)];
        switch (random.Next(6))
        {
            case 0:
                return ($"{field} = {Quoted(value)}", run => of(run) == value);
            case 1:
                return ($"{field} != {Quoted(value)}", run => of(run) is { } text && text != value);
            case 2:
                return ($"{field} IN ({Quoted(value)}, {Quoted(other)})", run => of(run) is { } text && (text == value || text == other));
            case 3:
                return ($"{field} NOT IN ({Quoted(value)}, {Quoted(other)})", run => of(run) is { } text && text != value && text != other);
            default:
                string pattern = random.Next(4) switch { 0 => "%ree%", 1 => "a_b%", 2 => @"%\%%", _ => @"a\_b" };
                bool ignoresCase = random.Next(2) == 0;
                Regex like = LikeOf(pattern, ignoresCase);
                return ($"{field} {(ignoresCase ? "ILIKE" : "LIKE")} {Quoted(pattern)}", run => of(run) is { } text && like.IsMatch(text));
        }
    }

    private static (string Filter, Func<RunRecord, bool> Holds) Number(Random random, string field, Func<RunRecord, double?> of, double? fixedValue = null)
    {
        double value = fixedValue ?? Numbers[random.Next(Numbers.Length)];
        string sign = Orders[double.IsNaN(value) ? random.Next(2) : random.Next(Orders.Length)];
        string text = double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "Infinity" : double.IsNegativeInfinity(value) ? "-inf" : value.ToString("R", CultureInfo.InvariantCulture);

        // NaN is one value and equals itself; both zeros are equal.
        return ($"{field} {sign} {text}", run => of(run) is { } number && sign switch
        {
            "=" => number.Equals(value) || number == value,
            "!=" => !(number.Equals(value) || number == value),
            "<" => number < value,
            "<=" => number <= value,
            ">" => number > value,
            _ => number >= value,
        });
    }

    private static (string Filter, Func<RunRecord, bool> Holds) Started(Random random, DateTimeOffset of)
    {
        long value = of.ToUnixTimeMilliseconds();
        string sign = Orders[random.Next(Orders.Length)];
        return ($"start_time {sign} {value}", run => Compare(run.StartTime.ToUnixTimeMilliseconds().CompareTo(value), sign));
    }

    private static (string Filter, Func<RunRecord, bool> Holds) Chosen(Random random, List<RunRecord> runs)
    {
        RunRecord one = runs[random.Next(runs.Count)], two = runs[random.Next(runs.Count)];
        return random.Next(4) switch
        {
            0 => ($"run_id NOT IN ('{one.Id}', '{two.Id}')", run => run.Id != one.Id && run.Id != two.Id),
            1 => ("status IN ('FINISHED', 'killed')", static run => run.Status is RunStatus.Finished or RunStatus.Killed),
            2 => ("attributes.status != 'Finished'", static run => run.Status != RunStatus.Finished),
            _ => ($"parent_run_id = '{runs[^1].Id}'", run => run.ParentId == runs[^1].Id),
        };
    }

    private static bool Compare(int order, string sign) => sign switch { "=" => order == 0, "!=" => order != 0, "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };

    private static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static Regex LikeOf(string pattern, bool ignoresCase)
    {
        string regex = Regex.Replace(pattern, @"\\(.)|(%)|(_)|(.)", static match => match switch
        {
            _ when match.Groups[1].Success => Regex.Escape(match.Groups[1].Value),
            _ when match.Groups[2].Success => ".*",
            _ when match.Groups[3].Success => ".",
            _ => Regex.Escape(match.Value),
        });
        return new Regex($@"\A{regex}\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None));
    }
}
