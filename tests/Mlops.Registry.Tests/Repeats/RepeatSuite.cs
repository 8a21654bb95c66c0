using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Repeats;

/// <summary>Calls that are repeated under their idempotency key.</summary>
public abstract class RepeatSuite : RegistrySuite
{
    private static readonly IPromotionGate Always = PromotionGate.Create("always", _ => GateResult.Pass("always"));

    private ServiceProvider _services = null!;
    private FakeLogCollector _logs = null!;
    private ModelRegistry _counted = null!;

    [SetUp]
    public void OpenCounted()
    {
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _logs = new FakeLogCollector();
        _counted = new ModelRegistry(Database, Artifacts, new RegistryOptions { Actor = "ann" }, Time, new FakeLogger(_logs), null, Meters);
    }

    [TearDown]
    public async Task CloseCounted()
    {
        await _counted.DisposeAsync();
        await _services.DisposeAsync();
    }

    private IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    [Test]
    public async Task A_repeated_call_is_neither_counted_nor_logged()
    {
        using MetricCollector<long> versions = Collect("versions"), changes = Collect("alias.changes"), promotions = Collect("promotions");
        for (int i = 0; i < 3; i++)
        {
            await _counted.RegisterAsync("m", Content("1"), Other("v1"));
            await _counted.RegisterAsync("m", Content("2"), Other("v2"));
            await _counted.SetAliasAsync("m", "a", 1, Expected.None, new() { IdempotencyKey = "set" });
            await _counted.SetAliasAsync("m", "a", 2, 1, new() { IdempotencyKey = "move" });
            await _counted.RollbackAsync("m", "a", from: 2, new() { IdempotencyKey = "back" });
            await _counted.RemoveAliasAsync("m", "a", 1, new() { IdempotencyKey = "remove" });
            await _counted.ApproveAsync("m", 1, new() { IdempotencyKey = "approve" });
            await _counted.PromoteAsync("m", 1, [Always], new() { IdempotencyKey = "yes" });
            await _counted.PromoteAsync("m", 2, [PromotionGate.AtMost("absent", 1)], new() { IdempotencyKey = "no" });
        }

        Assert.That(Sum(versions), Is.EqualTo(2));
        Assert.That(Sum(changes), Is.EqualTo(5));
        Assert.That(Sum(promotions), Is.EqualTo(2));
        Assert.That(
            _logs.GetSnapshot().GroupBy(static log => log.Id.Id).Select(static group => (group.Key, group.Count())),
            Is.EquivalentTo(new[] { (3001, 5), (3002, 1), (3006, 1) }));
    }

    [Test]
    public async Task Promotions_at_once_under_one_key_are_counted_once()
    {
        await RegisterAsync(1);
        using MetricCollector<long> changes = Collect("alias.changes"), promotions = Collect("promotions");
        var together = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int missing = 6;

        // All have asked for the key before one has decided.
        IPromotionGate meeting = PromotionGate.Create("meeting", async (_, _) =>
        {
            if (Interlocked.Decrement(ref missing) == 0)
            {
                together.SetResult();
            }

            await together.Task;
            return GateResult.Pass("all are here");
        });
        PromotionDecision[] decisions = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ =>
            Task.Run(() => _counted.PromoteAsync("m", 1, [meeting], new() { IdempotencyKey = "k" }))));

        Assert.That(decisions.Select(static decision => decision.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That((Sum(promotions), Sum(changes)), Is.EqualTo((1, 1)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_key_whose_version_was_deleted_makes_no_other_one(bool withModel)
    {
        await Registry.RegisterAsync("m", Content("1"), Other("k"));
        await RegisterAsync(1);
        await DeleteAsync(withModel);

        Assert.That(
            async () => await Registry.RegisterAsync("m", Content("1"), Other("k")),
            Throws.TypeOf<VersionDeletedException>().With.Property("Model").EqualTo("m").And.Property("Number").EqualTo(1).And.Message.Contains("another key"));
        Assert.That(async () => await Registry.RegisterAsync("m", Content("other"), Other("k")), Throws.TypeOf<IdempotencyConflictException>());
        Assert.That(async () => await Registry.RegisterAsync("n", Content("1"), Other("k")), Throws.TypeOf<IdempotencyConflictException>());
        Assert.That((await Registry.FindModelAsync("m")) is null, Is.EqualTo(withModel), "a repeated call does not create the model again");
        Assert.That(await Registry.FindModelAsync("n"), Is.Null);
        Assert.That((await Registry.RegisterAsync("m", Content("1"), Other("k2"))).Number, Is.EqualTo(3));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_key_of_what_stays_in_history_gives_the_first_outcome_after_a_deletion(bool withModel)
    {
        await RegisterAsync(2);
        AliasChange set = await Registry.SetAliasAsync("m", "a", 1, Expected.None, new() { IdempotencyKey = "set" });
        AliasChange moved = await Registry.SetAliasAsync("m", "a", 2, 1, new() { IdempotencyKey = "move" });
        AliasChange back = await Registry.RollbackAsync("m", "a", 2, new() { IdempotencyKey = "back" });
        AliasChange removed = await Registry.RemoveAliasAsync("m", "a", 1, new() { IdempotencyKey = "remove" });
        Approval approval = await Registry.ApproveAsync("m", 1, new() { IdempotencyKey = "approve" });
        PromotionDecision decision = await Registry.PromoteAsync("m", 1, [Always], new() { IdempotencyKey = "promote" });
        await DeleteAsync(withModel);

        Assert.That(await Registry.SetAliasAsync("m", "a", 1, Expected.None, new() { IdempotencyKey = "set" }), Is.EqualTo(set));
        Assert.That(await Registry.SetAliasAsync("m", "a", 2, 1, new() { IdempotencyKey = "move" }), Is.EqualTo(moved));
        Assert.That(await Registry.RollbackAsync("m", "a", 2, new() { IdempotencyKey = "back" }), Is.EqualTo(back));
        Assert.That(await Registry.RemoveAliasAsync("m", "a", 1, new() { IdempotencyKey = "remove" }), Is.EqualTo(removed));
        Assert.That(await Registry.ApproveAsync("m", 1, new() { IdempotencyKey = "approve" }), Is.EqualTo(approval));
        Assert.That((await Registry.PromoteAsync("m", 1, [Always], new() { IdempotencyKey = "promote" })).Id, Is.EqualTo(decision.Id));
        Assert.That((await Registry.FindModelAsync("m")) is null, Is.EqualTo(withModel));
        Assert.That(await Registry.FindAsync("m@champion"), Is.Null);
    }

    private async Task DeleteAsync(bool withModel)
    {
        if (withModel)
        {
            await Registry.DeleteModelAsync("m");
            await Artifacts.CollectGarbageAsync();
        }
        else
        {
            await Registry.DeleteVersionAsync("m", 1);
        }
    }

    private MetricCollector<long> Collect(string instrument) => new(Meters, "Mlops.Registry", $"mlops.registry.{instrument}");

    private static long Sum(MetricCollector<long> collector) => collector.GetMeasurementSnapshot().Sum(static measured => measured.Value);
}
