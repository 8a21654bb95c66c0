using Microsoft.Extensions.Primitives;

namespace Mlops.Serving.Tests;

/// <summary>Which version answers when promotions, rollbacks, reloads and restarts meet.</summary>
public sealed class RolloutSwitchingTests
{
    [Test]
    public async Task A_candidate_is_promoted_over_the_stable_version_that_came_during_its_trial_and_goes_back_to_it()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate));
        served.Stable.Package = MemorySource.Version(3, 1, 3);
        await served.Model.ReloadAsync();

        await served.Rollout.PromoteAsync();
        Assert.That((served.Rollout.State, served.Model.Version!.Number, served.Rollout.Record!.StableVersion), Is.EqualTo((RolloutState.Promoted, 2L, 3L)));
        Assert.That((await served.PredictAsync("a")).Value, Is.EqualTo(2f));

        await served.Rollout.RollbackAsync("complaints");
        Assert.That((await served.PredictAsync("a")).Value, Is.EqualTo(3f));
    }

    [Test]
    public async Task Beside_another_stable_version_the_comparison_begins_anew_and_the_record_says_so()
    {
        var store = new InMemoryRolloutStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        for (int i = 0; i < 50; i++)
            await served.PredictAsync($"user-{i}");
        served.Time.Advance(TimeSpan.FromSeconds(1));
        DateTimeOffset before = served.Rollout.Record!.StartedAt;

        served.Stable.Package = MemorySource.Version(3, 1, 3);
        await served.Model.ReloadAsync();

        Assert.That(async () => (await store.ListAsync("m")).Single().StableVersion, Is.EqualTo(3).After(30_000, 5));
        Assert.That(() => served.Rollout.Evaluate()?.StableVersion, Is.EqualTo(3).After(30_000, 5));
        Assert.That((served.Rollout.Record!.StartedAt > before, served.Rollout.Evaluate()!.Metrics[0].StableKeys), Is.EqualTo((true, 0L)));
    }

    [Test]
    public async Task A_version_that_is_loaded_again_goes_on_with_its_comparison()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));
        await served.VariantsAsync();
        long keys = served.Rollout.Evaluate()!.Metrics[0].StableKeys;

        served.Stable.Package = MemorySource.Version(7, 1, 1);
        await served.Model.ReloadAsync();

        Assert.That(() => served.Rollout.Evaluate()!.StableVersion, Is.EqualTo(7).After(30_000, 5), "the same file under another number");
        Assert.That(served.Rollout.Evaluate()!.Metrics[0].StableKeys, Is.EqualTo(keys).And.Positive);
    }

    [Test]
    public async Task A_candidate_that_the_models_own_source_delivers_has_nothing_left_to_try_out()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));

        served.Stable.Package = MemorySource.Version(2, 1, 2);
        await served.Model.ReloadAsync();

        Assert.That(() => served.Rollout.State, Is.EqualTo(RolloutState.Superseded).After(30_000, 5));
        Assert.That((served.Rollout.Record!.State, served.Rollout.Candidate, served.Rollout.Share), Is.EqualTo((RolloutState.Superseded, (ServedVersion?)null, 0.0)));
        Assert.That(async () => await served.Rollout.PromoteAsync(), Throws.InvalidOperationException.With.Message.Contains("state is Superseded"));
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"));
    }

    [Test]
    public async Task A_process_that_serves_another_version_does_not_claim_the_promotion_of_others()
    {
        var store = new InMemoryRolloutStore();
        await using var one = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await using var two = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        two.Stable.Package = MemorySource.Version(3, 1, 3);
        await two.Model.ReloadAsync();
        await one.Rollout.ReloadAsync();   // takes in what the other has stored
        await one.Rollout.PromoteAsync();

        Assert.That(
            () =>
            {
                two.Time.Advance(TimeSpan.FromSeconds(10));
                return two.Rollout.State;
            },
            Is.EqualTo(RolloutState.Superseded).After(30_000, 20));
        Assert.That((two.Model.Version!.Number, one.Model.Version!.Number, one.Rollout.State), Is.EqualTo((3L, 2L, RolloutState.Promoted)));
    }

    [Test]
    public async Task A_reload_after_a_promotion_keeps_the_promoted_version_until_its_source_has_a_new_one()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate));
        await served.Rollout.PromoteAsync();

        Assert.That((await served.Model.ReloadAsync()).Number, Is.EqualTo(2));
        Assert.That((await served.PredictAsync("a")).Value, Is.EqualTo(2f));
        Assert.That(served.Rollout.State, Is.EqualTo(RolloutState.Promoted));

        served.Stable.Package = MemorySource.Version(3, 1, 3);
        Assert.That((await served.Model.ReloadAsync()).Number, Is.EqualTo(3));
        Assert.That(served.Rollout.State, Is.EqualTo(RolloutState.Superseded));
        served.Stable.Package = MemorySource.Version(4, 1, 1);
        Assert.That((await served.Model.ReloadAsync()).Number, Is.EqualTo(4), "the first version again, which somebody has published");
    }

    [Test]
    public async Task A_promoted_file_survives_that_the_old_one_is_touched_and_a_restart()
    {
        using var folder = new TemporaryFolder();
        string stable = folder.Write("model.txt", LinearRuntime.File(1, 1)), next = folder.Write("next.txt", LinearRuntime.File(1, 2));
        var store = new InMemoryRolloutStore();
        for (int start = 0; start < 2; start++)
        {
            using var stableSource = new FileModelSource(stable);
            using var nextSource = new FileModelSource(next);
            await using ModelServer server = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime(), RolloutStore = store }
                .AddModel("m", m => m.FromSource(stableSource).Canary(nextSource)));
            await server.StartAsync();
            if (start == 0)
                await server.Get("m").Rollout!.PromoteAsync();

            File.SetLastWriteTimeUtc(stable, new DateTime(2020, 1, 1 + start, 0, 0, 0, DateTimeKind.Utc));
            await server.Get("m").ReloadAsync();

            Assert.That((await server.GetPredictor<ReadOnlyMemory<float>, float>("m").PredictAsync(new float[1])).Value, Is.EqualTo(2f));
        }
    }

    [Test]
    public async Task A_source_that_was_told_may_name_the_version_before_again_and_one_that_was_not_yet_may_not()
    {
        var target = new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true };
        await using var served = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate));
        await served.Rollout.PromoteAsync();
        Assert.That((await served.Model.ReloadAsync()).Number, Is.EqualTo(2), "its alias has not been moved yet");

        target.IsAway = false;
        served.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(() => served.Rollout.Record!.IsCarriedOut, Is.True.After(30_000, 5));

        Assert.That((await served.Model.ReloadAsync()).Number, Is.EqualTo(1), "somebody has moved it back");
    }

    [Test]
    public async Task A_load_that_asked_before_the_source_was_told_does_not_undo_the_promotion()
    {
        var target = new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true };
        await using var served = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate));
        await served.Rollout.PromoteAsync();
        var answer = new TaskCompletionSource();
        target.Loading = answer.Task;
        Task<ServedVersion> load = served.Model.ReloadAsync();

        target.IsAway = false;
        await served.Rollout.LookAsync();
        Assert.That(served.Rollout.Record!.IsCarriedOut, Is.True);
        answer.SetResult();

        Assert.That(((await load).Number, served.Model.Version!.Number), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public async Task A_process_that_does_not_decide_by_itself_promotes_by_hand_over_its_own_stable_version()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate), new Seat(new InMemoryRolloutStore()));
        served.Stable.Package = MemorySource.Version(3, 1, 3);
        await served.Model.ReloadAsync();

        await served.Rollout.PromoteAsync();

        Assert.That((served.Model.Version!.Number, served.Rollout.State, served.Rollout.Record!.StableVersion), Is.EqualTo((2L, RolloutState.Promoted, 3L)));
    }

    [Test]
    public async Task A_promotion_of_others_is_not_followed_where_the_candidate_was_taken_out_of_service()
    {
        var store = new InMemoryRolloutStore();
        await using var one = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await using var two = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        two.Model.QuarantineDigest(two.Rollout.Candidate!.Digest, "its runs do not end");
        IChangeToken changed = two.Model.WatchVersion();
        await one.Rollout.PromoteAsync();

        await two.Rollout.LookAsync();

        Assert.That((two.Model.Version!.Number, two.Rollout.State, changed.HasChanged), Is.EqualTo((1L, RolloutState.RolledBack, false)));
        Assert.That((await store.ListAsync("m")).Single().State, Is.EqualTo(RolloutState.Promoted), "what one process cannot run others may");
    }

    [Test]
    public async Task After_a_restart_a_source_that_was_told_has_the_last_word()
    {
        var store = new InMemoryRolloutStore();
        await using (var first = await Served.StartAsync((m, candidate) => m.FromSource(new Target { Package = MemorySource.Version(1, 1, 1) }).Canary(candidate), store))
            await first.Rollout.PromoteAsync();

        await using var second = await Served.StartAsync((m, candidate) => m.FromSource(new Target { Package = MemorySource.Version(1, 1, 1) }).Canary(candidate), store);

        Assert.That((second.Model.Version!.Number, second.Rollout.State), Is.EqualTo((1L, RolloutState.Superseded)), "somebody has moved its alias back meanwhile");
    }

    [Test]
    public async Task A_process_that_has_followed_a_promotion_lets_its_source_name_the_version_before_once_that_was_told()
    {
        var store = new InMemoryRolloutStore();
        var target = new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true };
        await using var one = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate), store);
        await using var two = await Served.StartAsync((m, candidate) => m.FromSource(new Target { Package = MemorySource.Version(1, 1, 1), IsAway = true }).Canary(candidate), store);
        await one.Rollout.PromoteAsync();
        await two.Rollout.LookAsync();
        Assert.That((await two.Model.ReloadAsync()).Number, Is.EqualTo(2));

        target.IsAway = false;
        await one.Rollout.LookAsync();
        await two.Rollout.LookAsync();

        Assert.That((await two.Model.ReloadAsync()).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task A_rollback_that_meets_a_promotion_wins_and_the_candidate_never_becomes_live()
    {
        var store = new HeldStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);
        IChangeToken changed = served.Model.WatchVersion();

        Task promotion = served.Rollout.PromoteAsync();
        Assert.That(store.IsHeld, Is.True);
        Task rollback = served.Rollout.RollbackAsync("complaints");
        Assert.That((await served.VariantsAsync()).Values, Is.All.EqualTo("live"), "the harm ends before the store has answered");
        store.Release();

        Assert.That(async () => await promotion, Throws.InvalidOperationException.With.Message.Contains("state is RolledBack"));
        await rollback;
        Assert.That((served.Rollout.State, served.Rollout.Record!.State, served.Model.Version!.Number), Is.EqualTo((RolloutState.RolledBack, RolloutState.RolledBack, 1L)));
        Assert.That(changed.HasChanged, Is.False);
    }

    [Test]
    public async Task A_target_has_been_told_of_a_rollback_when_it_returns()
    {
        var target = new Target { Package = MemorySource.Version(1, 1, 1) };
        await using var served = await Served.StartAsync((m, candidate) => m.FromSource(target).Canary(candidate));
        await served.Rollout.PromoteAsync();

        await served.Rollout.RollbackAsync("complaints");

        Assert.That((target.ToldBack, served.Rollout.Record!.IsCarriedOut), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task A_promotion_is_taken_back_at_once_while_the_store_is_away_and_stored_later()
    {
        var store = new FlakyStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await served.Rollout.PromoteAsync();

        store.IsAway = true;
        Assert.That(async () => await served.Rollout.RollbackAsync("bad"), Throws.InstanceOf<IOException>());
        Assert.That(((await served.PredictAsync("a")).Value, served.Rollout.State), Is.EqualTo((1f, RolloutState.RolledBack)));

        store.IsAway = false;
        Assert.That(
            async () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                RolloutRecord record = (await store.ListAsync("m")).Single();
                return (record.State, record.Reason);
            },
            Is.EqualTo((RolloutState.RolledBack, "bad")).After(30_000, 20));
        Assert.That((await served.PredictAsync("a")).Value, Is.EqualTo(1f));
    }

    [Test]
    public async Task What_was_rolled_back_does_not_serve_after_a_restart_whatever_the_models_source_says()
    {
        var store = new InMemoryRolloutStore();
        await using (var first = await Served.StartAsync((m, candidate) => m.Canary(candidate), store))
            await first.Rollout.RollbackAsync("bad");
        bool hasAnswered = false;
        var stable = new MemorySource { Package = MemorySource.Version(2, 1, 2) };
        await using ModelServer second = ModelServer.Create(new ModelServerOptions { Runtime = new LinearRuntime { BeforeRun = () => hasAnswered = true }, RolloutStore = store }
            .AddModel("m", m => m.FromSource(stable).Canary(new MemorySource())));

        ModelLoadException refusal = (await Assert.ThrowsAsync<ModelLoadException>(() => second.StartAsync()))!;

        Assert.That((refusal.Reason, second.Get("m").Version, hasAnswered), Is.EqualTo((ModelLoadFailure.Quarantined, (ServedVersion?)null, false)));
        Assert.That(second.Get("m").Rollout!.State, Is.EqualTo(RolloutState.RolledBack));
    }

    [Test]
    public async Task What_is_rolled_back_while_the_models_own_source_delivers_it_does_not_get_in()
    {
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5));
        using ManualResetEventSlim isBuilding = new(), goOn = new();
        served.Runtime.BeforeRun = () =>
        {
            isBuilding.Set();
            goOn.Wait(TimeSpan.FromMinutes(1));
        };
        served.Stable.Package = MemorySource.Version(2, 1, 2);
        Task<ServedVersion> load = served.Model.ReloadAsync();
        Assert.That(isBuilding.Wait(TimeSpan.FromMinutes(1)), Is.True);

        await served.Rollout.RollbackAsync("bad");
        goOn.Set();

        Assert.That((await Assert.ThrowsAsync<ModelLoadException>(() => load))!.Reason, Is.EqualTo(ModelLoadFailure.Quarantined));
        Assert.That((served.Model.Version!.Number, (await served.PredictAsync("a")).Value, served.Rollout.State), Is.EqualTo((1L, 1f, RolloutState.RolledBack)));
        Assert.That(() => served.Runtime.LiveSessions, Is.EqualTo(1).After(30_000, 5));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_was_rolled_back_while_the_store_was_away_leaves_once_the_source_names_another(bool isStoreBack)
    {
        var store = new FlakyStore();
        await using var served = await Served.StartAsync((m, candidate) => m.Canary(candidate), store);
        await served.Rollout.PromoteAsync();
        served.Time.Advance(TimeSpan.FromHours(2));
        await served.Rollout.LookAsync();   // the version before is not kept any longer
        store.IsAway = true;
        Assert.That(async () => await served.Rollout.RollbackAsync("bad"), Throws.InstanceOf<IOException>());
        Assert.That(served.Model.Version!.Number, Is.EqualTo(2), "nothing else is loaded");
        store.IsAway = !isStoreBack;
        await served.Rollout.LookAsync();
        await served.Rollout.LookAsync();

        served.Stable.Package = MemorySource.Version(3, 1, 3);

        Assert.That(
            () =>
            {
                served.Time.Advance(TimeSpan.FromSeconds(10));
                return served.Model.Version!.Number;
            },
            Is.EqualTo(3).After(30_000, 20));
    }

    private sealed class HeldStore : IRolloutStore
    {
        private readonly InMemoryRolloutStore _store = new();
        private readonly TaskCompletionSource _released = new();

        public bool IsHeld { get; private set; }

        public void Release() => _released.SetResult();

        public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => _store.ListAsync(model, cancellationToken);

        public async ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default)
        {
            bool isWritten = await _store.TryWriteAsync(record, cancellationToken);
            if (record.State == RolloutState.Promoted)
            {
                IsHeld = true;
                await _released.Task;
            }

            return isWritten;
        }

        public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) =>
            _store.TryLeadAsync(model, owner, duration, cancellationToken);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("mlops-rollout-").FullName;

        public string Write(string name, byte[] content)
        {
            string path = Path.Combine(_path, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        public void Dispose() => Directory.Delete(_path, recursive: true);
    }
}
