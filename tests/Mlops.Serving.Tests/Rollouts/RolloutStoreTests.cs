namespace Mlops.Serving.Tests;

/// <summary>Rollouts that outlive their process, or are shared by several.</summary>
public sealed class RolloutStoreTests
{
    [Test]
    public async Task A_restart_remembers_share_secret_and_what_was_rolled_back()
    {
        var store = new InMemoryRolloutStore();
        Dictionary<string, string> before;
        await using (var first = await Served.StartAsync((m, candidate) => m.Canary(candidate), store))
        {
            await first.Rollout.SetShareAsync(0.4);
            before = await first.VariantsAsync();
        }

        await using (var second = await Served.StartAsync((m, candidate) => m.Canary(candidate), store))
        {
            Assert.That(await second.VariantsAsync(), Is.EqualTo(before));
            await second.Rollout.RollbackAsync("bad");
        }

        await using var third = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        Assert.That((third.Rollout.State, third.Rollout.Record?.Reason), Is.EqualTo((RolloutState.RolledBack, "bad")));
        Assert.That((await third.VariantsAsync()).Values, Is.All.EqualTo("live"));
    }

    [Test]
    public async Task A_restart_serves_what_was_promoted()
    {
        var store = new InMemoryRolloutStore();
        await using (var first = await Served.StartAsync((m, candidate) => m.Canary(candidate), store))
            await first.Rollout.PromoteAsync();

        await using var second = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);

        Assert.That((second.Model.Version!.Number, second.Rollout.State), Is.EqualTo((2L, RolloutState.Promoted)));
    }

    [Test]
    public async Task What_one_process_decides_the_others_follow_and_none_decides_twice()
    {
        var store = new InMemoryRolloutStore();
        await using var one = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        await using var two = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        Assert.That(await two.VariantsAsync(), Is.EqualTo(await one.VariantsAsync()), "one secret for all");

        await one.Rollout.RollbackAsync("bad");
        RolloutConflictException conflict = (await Assert.ThrowsAsync<RolloutConflictException>(() => two.Rollout.PromoteAsync()))!;

        Assert.That((conflict.State, two.Rollout.State), Is.EqualTo((RolloutState.RolledBack, RolloutState.RolledBack)));
        Assert.That((await two.VariantsAsync()).Values, Is.All.EqualTo("live"));
    }

    [Test]
    public async Task A_decision_of_another_process_is_noticed_at_the_next_look()
    {
        var store = new InMemoryRolloutStore();
        await using var one = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await using var two = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await one.Rollout.PromoteAsync();
        Assert.That(two.Model.Version!.Number, Is.EqualTo(1));

        two.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(() => two.Model.Version!.Number, Is.EqualTo(2).After(30_000, 5));
    }

    [Test]
    public async Task A_rollback_holds_here_while_the_store_is_away_and_is_stored_later()
    {
        var store = new FlakyStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);

        store.IsAway = true;
        Assert.That(async () => await served.Rollout.RollbackAsync("bad"), Throws.InstanceOf<IOException>());
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"));

        served.Time.Advance(TimeSpan.FromSeconds(10));
        store.IsAway = false;
        Assert.That(
            async () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                return (await store.ListAsync("m")).Single().State;
            },
            Is.EqualTo(RolloutState.RolledBack).After(30_000, 20));
        Assert.That((await store.ListAsync("m")).Single().Reason, Is.EqualTo("bad"));
    }

    [Test]
    public async Task Without_its_store_no_candidate_gets_calls_and_with_it_they_begin()
    {
        var store = new FlakyStore { IsAway = true };
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"), "it may have been rolled back");

        store.IsAway = false;
        served.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.That(() => served.Rollout.State, Is.EqualTo(RolloutState.Running).After(30_000, 5));
    }

    [TestCase(nameof(IRolloutStore.ListAsync))]
    [TestCase(nameof(IRolloutStore.TryLeadAsync))]
    [TestCase(nameof(IRolloutStore.SaveEvidenceAsync))]
    public async Task A_store_that_gives_up_by_itself_does_not_end_the_watch(string method)
    {
        var store = new TimingOutStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        for (int i = 0; i < 50; i++)
            await served.PredictAsync($"user-{i}");
        store.TimesOut = [method];
        Assert.That(
            () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                return store.Timeouts;
            },
            Is.Positive.After(30_000, 20));

        store.TimesOut = [];
        RolloutRecord record = served.Rollout.Record!;
        Assert.That(await store.TryWriteAsync(record with { State = RolloutState.RolledBack, Reason = "elsewhere", Revision = record.Revision + 1 }), Is.True);

        Assert.That(
            () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                return served.Rollout.State;
            },
            Is.EqualTo(RolloutState.RolledBack).After(30_000, 20));
    }

    [Test]
    public async Task A_target_that_gives_up_by_itself_is_told_again_and_the_promotion_holds()
    {
        var target = new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true, Failure = new TaskCanceledException("The request took too long.") };
        await using var served = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate));

        await served.Rollout.PromoteAsync();
        Assert.That((served.Model.Version!.Number, served.Rollout.State), Is.EqualTo((2L, RolloutState.Promoted)));
        await served.Rollout.LookAsync();

        target.IsAway = false;
        await served.Rollout.LookAsync();
        Assert.That((target.Told, served.Rollout.Record!.IsCarriedOut), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task A_target_is_told_until_it_succeeds()
    {
        var target = new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true };
        await using var served = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate));

        await served.Rollout.PromoteAsync();
        Assert.That(served.Model.Version!.Number, Is.EqualTo(2), "what serves does not wait for it");
        Assert.That((target.Told, served.Rollout.Record!.IsCarriedOut), Is.EqualTo((0, false)));

        target.IsAway = false;
        served.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(() => served.Rollout.Record!.IsCarriedOut, Is.True.After(30_000, 5));
        Assert.That(target.Told, Is.EqualTo(1));
    }
}
