using System.Diagnostics;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Promotion;

/// <summary>How many statements a page takes, as the driver's own activities tell.</summary>
[TestFixture]
public sealed class PostgreSqlDecisionQueryTests : RegistrySuite
{
    protected override Database Create(string folder) => PostgreSql.Create(folder);

    [Test]
    public async Task A_page_of_decisions_is_two_queries_however_many_they_are()
    {
        await RegisterAsync(1);
        for (int i = 0; i < 20; i++)
        {
            await Registry.PromoteAsync("m", 1, [PromotionGate.Create("a", static _ => GateResult.Pass("a")), PromotionGate.Create("b", static _ => GateResult.Fail("b"))]);
        }

        int statements = 0;
        using var source = new ActivitySource(nameof(PostgreSqlDecisionQueryTests));
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Npgsql" or nameof(PostgreSqlDecisionQueryTests),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using Activity page = source.StartActivity("page")!;
        listener.ActivityStopped = stopped =>
        {
            if (stopped.Source.Name == "Npgsql" && stopped.TraceId == page.TraceId && stopped.GetTagItem("db.query.text") is not null)
            {
                Interlocked.Increment(ref statements);
            }
        };

        Assert.That(await Registry.ListDecisionsAsync("m", "champion"), Has.Count.EqualTo(20).And.All.Property("Gates").Count.EqualTo(2));
        Assert.That(statements, Is.EqualTo(2));
    }
}
