using System.Globalization;
using System.Text;

namespace Mlops.Tracking.Tests.Exports;

public abstract class ExportSuite : TrackingSuite
{
    [Test]
    public async Task Runs_of_a_query_are_lines_with_a_column_per_key()
    {
        string[] ids = await LogAsync();
        List<string[]> rows = await RunsAsync(new() { Order = RunOrder.Parse("run_name") });

        Assert.That(rows[0], Is.EqualTo(new[] { "run_id", "experiment", "run_name", "status", "start_time", "end_time", "params.kind", "params.note", "metrics.mae", "metrics.x", "tags.team" }));
        Assert.That(rows[1], Is.EqualTo(new[] { ids[0], "e", "n0", "Finished", "2026-03-01T12:00:00.000000Z", "2026-03-01T12:00:01.000000Z", "ridge", "a \"b\", c\r\nd", "0.1", "", "" }));
        Assert.That(rows[2], Is.EqualTo(new[] { ids[1], "e", "n1", "Running", "2026-03-01T12:00:01.000000Z", "", "-1.5e-3", "", "NaN", "-Infinity", "'=1+1" }));
        Assert.That(rows, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Columns_and_conditions_of_the_query_are_kept_and_the_query_is_left_alone()
    {
        string[] ids = await LogAsync();
        var query = new RunQuery { Filter = "params.kind = 'ridge'", Columns = ["tags.team", "metrics.mae", "params.absent"], Take = 1 };
        List<string[]> rows = await RunsAsync(query);
        Assert.That(rows.Skip(1).Select(static row => row[0]), Is.EqualTo(ids[..1]));
        Assert.That(rows[0].Skip(6), Is.EqualTo(new[] { "params.absent", "metrics.mae", "tags.team" }));
        Assert.That((query.Take, query.After), Is.EqualTo((1, (string?)null)));
        Assert.That(() => Tracker.ExportRunsAsync(Stream.Null, ["e"], new() { Filter = "x" }), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task More_runs_than_a_page_holds_are_all_there()
    {
        for (int i = 0; i < 1_005; i++)
        {
            await Tracker.CreateRunAsync("many");
        }

        using var bytes = new MemoryStream();
        Assert.That(await Tracker.ExportRunsAsync(bytes, ["many"]), Is.EqualTo(1_005));
        Assert.That(Read(bytes).Skip(1).Select(static row => row[0]).Distinct().Count(), Is.EqualTo(1_005));
    }

    [TestCase("=1+1", "'=1+1")]
    [TestCase("+cmd", "'+cmd")]
    [TestCase("-2+3", "'-2+3")]
    [TestCase("@SUM(A1)", "'@SUM(A1)")]
    [TestCase("\t=1", "'\t=1")]
    [TestCase("\uff1d1", "'\uff1d1")]
    [TestCase("-2.5", "-2.5")]
    [TestCase("+1e9", "+1e9")]
    [TestCase("a=1", "a=1")]
    [TestCase("-", "'-")]
    public async Task A_text_that_a_spreadsheet_would_compute_is_marked_unless_it_is_to_be_kept(string text, string expected)
    {
        await using Run run = await Tracker.StartRunAsync("e");
        run.LogParameter("p", text);
        await run.FlushAsync();
        Assert.That((await RunsAsync(new(), new()))[1][6], Is.EqualTo(expected));
        Assert.That((await RunsAsync(new(), new() { KeepFormulas = true }))[1][6], Is.EqualTo(text));
    }

    [Test]
    public async Task Points_come_back_as_the_doubles_that_were_logged()
    {
        double[] values = [0.1 + 0.2, -0.0, double.Epsilon, double.MaxValue, double.NaN, double.NegativeInfinity, double.PositiveInfinity];
        await using Run run = await Tracker.StartRunAsync("e");
        await run.LogMetricsAsync([.. values.Select(static (value, step) => new Metric("b", value, step)), new Metric("a", 1, -5)]);

        using var bytes = new MemoryStream();
        Assert.That(await Tracker.ExportMetricsAsync(bytes, [run.Id]), Is.EqualTo(8));
        List<string[]> rows = Read(bytes);
        Assert.That(rows[0], Is.EqualTo(new[] { "run_id", "metric", "step", "time", "value" }));
        Assert.That(rows[1], Is.EqualTo(new[] { run.Id, "a", "-5", "2026-03-01T12:00:00.000000Z", "1" }));
        Assert.That(rows.Skip(2).Select(static row => double.Parse(row[4], CultureInfo.InvariantCulture)), Is.EqualTo(values));

        using var one = new MemoryStream();
        Assert.That(await Tracker.ExportMetricsAsync(one, [run.Id], ["a", "absent"]), Is.EqualTo(1));
        Assert.That(() => Tracker.ExportMetricsAsync(one, []), Throws.ArgumentException);
        Assert.That(() => Tracker.ExportMetricsAsync(one, ["absent"]), Throws.InstanceOf<RunNotFoundException>());
    }

    /// <summary>Framing and both checksums are checked by a reader that shares nothing with the writer.</summary>
    [Test]
    public async Task A_tensorboard_file_holds_the_points_and_the_parameters()
    {
        string id;
        await using (Run run = await Tracker.StartRunAsync("e"))
        {
            id = run.Id;
            run.LogParameter("kind", "ridge");
            run.LogParameter("lambda", 0.5);
            for (int step = 0; step < 5_000; step++)
            {
                run.LogMetric("train/mae", step * 0.5, step - 1);
            }

            run.LogMetric("z", double.NaN, 7);
            Time.Advance(TimeSpan.FromMilliseconds(1_500));
            run.Complete();
        }

        string path = await Tracker.ExportTensorBoardAsync(id, Path.Combine(Folder, "logs"));
        Assert.That(Path.GetRelativePath(Folder, path), Is.EqualTo(Path.Combine("logs", id, $"events.out.tfevents.{Start.ToUnixTimeSeconds()}.mlops")));
        List<TensorBoardEvent> events = TensorBoardEvent.Read(await File.ReadAllBytesAsync(path));

        Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
        List<TensorBoardEvent> scalars = [.. events.Where(static e => e.Value is not null)];
        Assert.That(scalars.Select(static e => (e.Tag, e.Step, e.Value!.Value)), Is.EqualTo(
            Enumerable.Range(0, 5_000).Select(static step => ("train/mae", step - 1L, step * 0.5f)).Append(("z", 7L, float.NaN))));
        Assert.That(scalars[0].WallTime, Is.EqualTo(Start.ToUnixTimeSeconds()));
        TensorBoardEvent begin = events.Single(static e => e.Tag == "_hparams_/session_start_info"), end = events.Single(static e => e.Tag == "_hparams_/session_end_info");
        Assert.That(begin.Plugin, Is.EqualTo("hparams"));
        Assert.That(begin.Parameters, Is.EquivalentTo(new Dictionary<string, object> { ["kind"] = "ridge", ["lambda"] = 0.5 }));
        Assert.That(end.WallTime, Is.EqualTo(Start.ToUnixTimeSeconds() + 1.5));

        await Tracker.ExportTensorBoardAsync(id, Path.Combine(Folder, "logs"));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(path)!), Is.EqualTo(new[] { path }));
        Assert.That(() => Tracker.ExportTensorBoardAsync("../../etc", Folder), Throws.InstanceOf<RunNotFoundException>());
    }

    private async Task<List<string[]>> RunsAsync(RunQuery query, CsvExportOptions? options = null)
    {
        using var bytes = new MemoryStream();
        await Tracker.ExportRunsAsync(bytes, ["e"], query, options);
        return Read(bytes);
    }

    /// <summary>RFC 4180, character by character.</summary>
    private static List<string[]> Read(MemoryStream bytes)
    {
        string text = new UTF8Encoding(false, true).GetString(bytes.ToArray());
        Assert.That(text, Does.EndWith("\r\n"));
        List<string[]> rows = [];
        List<string> row = [];
        var field = new StringBuilder();
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            if (isQuoted)
            {
                isQuoted = text[i] != '"' || (i + 1 < text.Length && text[i + 1] == '"');
                if (isQuoted)
                {
                    i += text[i] == '"' ? 1 : 0;
                    field.Append(text[i]);
                }
            }
            else if (text[i] == '"')
            {
                Assert.That(field.Length, Is.Zero);
                isQuoted = true;
            }
            else if (text[i] is ',' or '\r')
            {
                row.Add(field.ToString());
                field.Clear();
                if (text[i] == '\r')
                {
                    Assert.That(text[++i], Is.EqualTo('\n'));
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
            else
            {
                field.Append(text[i]);
            }
        }

        Assert.That(rows, Is.All.Length.EqualTo(rows[0].Length));
        return rows;
    }

    private async Task<string[]> LogAsync()
    {
        string first, second;
        await using (Run run = await Tracker.StartRunAsync("e", new() { Name = "n0" }))
        {
            first = run.Id;
            run.LogParameter("kind", "ridge");
            run.LogParameter("note", "a \"b\", c\r\nd");
            run.LogMetric("mae", 0.1);
            Time.Advance(TimeSpan.FromSeconds(1));
            run.Complete();
        }

        Run open = await Tracker.StartRunAsync("e", new() { Name = "n1" });
        second = open.Id;
        open.LogParameter("kind", "-1.5e-3");
        open.SetTag("team", "=1+1");
        open.LogMetric("mae", double.NaN);
        open.LogMetric("x", double.NegativeInfinity);
        await open.FlushAsync();
        return [first, second];
    }
}
