using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Mlops.Orchestration.Tests;

[NonParallelizable]
public abstract partial class SecretTests : StoreTests
{
    private const string Canary = "canary-5f\"3a<7e&";

    [Test]
    public async Task A_secret_that_a_step_has_read_is_neither_stored_nor_shown()
    {
        var host = new FakeLogger<PipelineWorker>();
        List<string> spans = [];
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Mlops.Orchestration",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                lock (spans)
                {
                    spans.Add($"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)}");
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        Pipelines pipelines = Know(static p =>
        {
            p.WithRetry(RetryPolicy.Fixed(2, TimeSpan.Zero));
            Step<int> used = p.Step("used", static async ctx =>
            {
                string secret = await ctx.GetSecretAsync("password");
                using IDisposable? named = ctx.Logger.BeginScope(new Dictionary<string, object?> { ["user"] = secret });
                using IDisposable? text = ctx.Logger.BeginScope("as {User}", secret);
                Activity.Current?.SetTag("user", $"as {secret}");
                TestLog.Connects(ctx.Logger, secret);
                var failure = new InvalidOperationException(secret);
                ctx.Logger.LogError(failure, "failed");
                ctx.Report(0.5, secret);
                await Task.Delay(1_300, ctx.CancellationToken);
                return ctx.Attempt == 1 ? throw new TimeoutException($"user:{secret}@host") : secret.Length;
            }).WithCheck("known", static length => $"length {length}", CheckSeverity.Warn);
            p.Step("returned", used, static async (_, ctx) => new Report("r", [1]) with { Title = $"<{await ctx.GetSecretAsync("password")}>" });
            p.Step("kept", used, static async (_, ctx) => await ctx.MemoAsync("m", async _ => await ctx.GetSecretAsync("password")));
            p.Step("named", used, static async (_, ctx) => await ctx.MemoAsync(await ctx.GetSecretAsync("password"), static _ => Task.FromResult(1)));
            p.Step("named_late", used, static async (_, ctx) => await ctx.MemoAsync(Canary, async _ => (await ctx.GetSecretAsync("password")).Length));
            p.Step("read", used, static async (_, ctx) => Record(ctx.RecordInput, "s3://lake", await ctx.GetSecretAsync("password")));
            p.Step("made", used, static async (_, ctx) => Record(ctx.RecordOutput, $"s3://{await ctx.GetSecretAsync("password")}@lake", "1"));
            p.Step("clean", used, static (_, ctx) => Task.FromResult(Record(ctx.RecordInput, "s3://seen", "1")));
            p.Step("permanent", used, static async (_, ctx) => await ctx.GetSecretAsync("password") is { } secret ? throw new PermanentStepException(secret) : 1);
        }, Listener.To(Database));
        await using (var worker = new PipelineWorker(pipelines, Quick(), logger: host, secrets: new Source()))
        {
            worker.Start();
            PipelineRun run = await RunAsync(pipelines);

            Dictionary<string, StepState> states = await StatesAsync(run);
            Assert.That(states.Where(static s => s.Value == StepState.Succeeded).Select(static s => s.Key), Is.EquivalentTo((string[])["used", "clean"]));
            Assert.That(
                (await run.GetStepsAsync()).Where(static s => s.Error?.Contains("holds the secret 'password'", StringComparison.Ordinal) == true).Select(static s => s.Key),
                Is.EquivalentTo((string[])["returned", "kept", "named", "named_late", "read", "made"]));
            Assert.That((await run.GetStepsAsync()).Single(static s => s.Key == "permanent").Error, Does.EndWith("***"));
            Assert.That((await run.ReadLogAsync("used"))[0].Message, Is.EqualTo("connects with ***"));
            string html = await run.ToHtmlAsync();
            Assert.That(html, Does.Contain("connects with ***"));
            RequireNone(html, "page");
        }

        foreach (FakeLogRecord record in host.Collector.GetSnapshot())
        {
            RequireNone($"{record.Message} {record.Exception} {string.Join(' ', record.StructuredState ?? [])} {Show(record.Scopes)}", "host log");
        }

        Assert.That(host.Collector.GetSnapshot().Select(static record => Show(record.Scopes)), Does.Contain("as *** user:***").Or.Contain("user:*** as ***"));

        lock (spans)
        {
            Assert.That(spans, Has.Some.Contains("***").And.Some.Contains("[user, as ***]"));
            RequireNone(string.Join('\n', spans), "spans");
        }

        foreach (string row in await DumpAsync())
        {
            RequireNone(row, "database");
        }
    }

    [Test]
    public async Task A_secret_that_nobody_has_fails_the_step_for_good_and_says_what_to_set()
    {
        Pipelines pipelines = Know(static p => p.Step("a", static async ctx => await ctx.GetSecretAsync("other")).WithRetry(RetryPolicy.Fixed(5, TimeSpan.Zero)));
        await using (var worker = new PipelineWorker(pipelines, Quick(), secrets: new Source()))
        {
            worker.Start();
            Assert.That((await RunAsync(pipelines)).Error, Does.Contain("set Mlops:Secrets:other"));
        }

        await using (var worker = new PipelineWorker(pipelines, Quick()))
        {
            worker.Start();
            Assert.That((await RunAsync(pipelines)).Error, Does.Contain("no source of secrets"));
        }
    }

    private static string Show(IReadOnlyList<object?> scopes) => string.Join(
        ' ', scopes.Select(static scope => scope is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(' ', values) : $"{scope}"));

    private static int Record(Action<string, string> record, string name, string digest)
    {
        record(name, digest);
        return 1;
    }

    /// <summary>Every value of every table that the database has, as text and as the text of its bytes.</summary>
    private async Task<List<string>> DumpAsync()
    {
        string catalog = Database.Dialect.Name == "sqlite"
            ? "SELECT name FROM sqlite_schema WHERE type = 'table'"
            : "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
        List<string> tables = await Database.QueryAsync(catalog, static row => row.GetString(0), default);
        Assert.That(tables, Is.SupersetOf(CreatedTable().Matches(Database.MigrationsToSql()).Select(static match => match.Groups[1].Value)));
        List<string> rows = [];
        foreach (string table in tables)
        {
            rows.AddRange(await Database.QueryAsync($"SELECT * FROM {table}", row => $"{table} " + string.Join(' ', Enumerable.Range(0, row.FieldCount)
                .Select(i => row.GetValue(i) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : $"{row.GetValue(i)}")), default));
        }

        Assert.That(rows, Has.Some.StartWith("orchestration_log").And.Contains("connects with ***"), "the dump sees what is stored");
        Assert.That(rows, Has.Some.StartWith("orchestration_data").And.Contains("s3://seen").And.Some.StartWith("outbox_message").And.Contains("s3://seen"));
        return rows;
    }

    [GeneratedRegex(@"CREATE TABLE (?:IF NOT EXISTS )?(\w+)")]
    private static partial Regex CreatedTable();

    private static void RequireNone(string text, string where)
    {
        Assert.That(text, Does.Not.Contain(Canary), where);
        Assert.That(text, Does.Not.Contain("5f\\u00223a"), where);
        Assert.That(text, Does.Not.Contain("canary-5f"), where);
    }

    private sealed class Source : ISecretSource
    {
        public ValueTask<string?> FindAsync(string name, CancellationToken cancellationToken = default) => new(name == "password" ? Canary : null);
    }
}
