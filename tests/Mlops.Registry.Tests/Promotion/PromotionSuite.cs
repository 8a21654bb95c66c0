using System.Text.Json;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Primitives;
using Mlops.Storage;

namespace Mlops.Registry.Tests.Promotion;

public abstract class PromotionSuite : RegistrySuite
{
    private static readonly IPromotionGate Always = PromotionGate.Create("always", _ => GateResult.Pass("always", ("p", 0.01), ("effect", double.NaN)));

    [Test]
    public async Task A_candidate_that_passes_gets_the_alias_and_a_decision_with_all_the_evidence()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        PromotionDecision decision = await Registry.PromoteAsync("m", 2, [Always, PromotionGate.AtMost("mae", 1.2)], new()
        {
            Evidence = new Dictionary<string, double> { ["mae"] = 1.1 },
            Reason = "weekly retraining",
            Actor = "pipeline",
        });

        Assert.Multiple(() =>
        {
            Assert.That((decision.Accepted, decision.Candidate, decision.Previous, decision.Actor, decision.Reason, decision.At), Is.EqualTo((true, 2, (int?)1, "pipeline", "weekly retraining", Start)));
            Assert.That(decision.Evidence, Is.EquivalentTo(new Dictionary<string, double> { ["mae"] = 1.1 }));
            Assert.That(decision.Gates.Select(gate => (gate.Name, gate.Verdict)), Is.EqualTo(new[] { ("always", GateVerdict.Passed), ("mae", GateVerdict.Passed) }));
            Assert.That(decision.Gates[0].Numbers, Is.EquivalentTo(new Dictionary<string, double> { ["p"] = 0.01, ["effect"] = double.NaN }));
            Assert.That(decision.Gates[1].Reason, Is.EqualTo("1.1 is at most 1.2"));
        });
        AliasChange change = (await Registry.GetHistoryAsync("m", "champion"))[^1];
        Assert.That((change.Number, change.DecisionId, change.Sequence), Is.EqualTo(((int?)2, (long?)decision.Id, decision.AliasSequence)));
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
    }

    [Test]
    public async Task One_gate_that_does_not_pass_stops_the_candidate_and_every_gate_is_asked()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        PromotionDecision decision = await Registry.PromoteAsync("m", 2,
        [
            PromotionGate.AtMost("mae", 1.0),
            PromotionGate.AtLeast("r2", 0.9),
            PromotionGate.AtLeast("missing", 0.9),
            PromotionGate.AtLeast("nan", 0.9),
            PromotionGate.Create("broken", _ => throw new InvalidOperationException("no data")),
            Always,
        ], new() { Evidence = new Dictionary<string, double> { ["mae"] = 1.1, ["r2"] = 0.95, ["nan"] = double.NaN } });

        Assert.That(decision.Accepted, Is.False);
        Assert.That(decision.AliasSequence, Is.Null);
        Assert.That(
            decision.Gates.Select(gate => gate.Verdict),
            Is.EqualTo(new[] { GateVerdict.Failed, GateVerdict.Passed, GateVerdict.Undecided, GateVerdict.Undecided, GateVerdict.Error, GateVerdict.Passed }));
        Assert.That(decision.Gates[0].Reason, Is.EqualTo("1.1 is not at most 1"));
        Assert.That(decision.Gates[4].Reason, Is.EqualTo("the gate threw InvalidOperationException; the log of that time has its message"));
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
        Assert.That((await Registry.FindDecisionAsync(decision.Id))?.Gates, Has.Count.EqualTo(6));
        Assert.That((await Registry.ListDecisionsAsync("m", "champion")).Select(listed => listed.Id), Is.EqualTo(new[] { decision.Id }));
    }

    [Test]
    public async Task What_the_exception_of_a_gate_says_is_logged_and_stored_nowhere()
    {
        await RegisterAsync(1);
        var logs = new FakeLogCollector();
        await using var registry = new ModelRegistry(Database, Artifacts, new RegistryOptions { Actor = "ann" }, Time, new FakeLogger(logs));

        PromotionDecision decision = await registry.PromoteAsync("m", 1, [PromotionGate.Create("lookup", _ => throw new InvalidOperationException("Password=canary"))]);

        PromotionDecision? stored = await registry.FindDecisionAsync(decision.Id);
        Assert.That(JsonSerializer.Serialize(new[] { decision.Gates, stored!.Gates }), Does.Contain("InvalidOperationException").And.Not.Contain("canary"));
        Assert.That(logs.GetSnapshot().Single(static log => log.Id.Id == 3003).Exception!.Message, Is.EqualTo("Password=canary"));
    }

    [Test]
    public async Task A_gate_that_storage_failed_decides_nothing_and_is_asked_again()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        int asked = 0;
        IPromotionGate gate = PromotionGate.Create("errors", _ => ++asked == 1
            ? throw new StorageException("away") { IsTransient = true }
            : GateResult.Pass("better"));

        await Assert.ThrowsAsync<StorageException>(() => Registry.PromoteAsync("m", 2, [gate], new() { IdempotencyKey = "k" }));
        Assert.That(await Registry.ListDecisionsAsync("m", "champion"), Is.Empty);

        Assert.That((await Registry.PromoteAsync("m", 2, [gate], new() { IdempotencyKey = "k" })).Accepted, Is.True);
    }

    [Test]
    public async Task Of_eight_connections_that_judged_against_one_version_one_promotes()
    {
        await RegisterAsync(9);
        await Registry.SetAliasAsync("m", "champion", 9, Expected.None);
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        var together = new MeetingGate(parties: 8);
        bool[] won = await Task.WhenAll(databases.Select((database, i) => Task.Run(async () =>
        {
            await using ModelRegistry registry = Open(database);
            try
            {
                return (await registry.PromoteAsync("m", i + 1, [together])).Accepted;
            }
            catch (AliasConflictException conflict)
            {
                Assert.That(conflict.Actual, Is.Not.EqualTo(9));
                return false;
            }
        })));

        Assert.That(won.Count(static winner => winner), Is.EqualTo(1));
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(Array.IndexOf(won, true) + 1));
        Assert.That((await Registry.ListDecisionsAsync("m", "champion")).Select(static decision => decision.Accepted), Is.EqualTo(new[] { true }));
        Assert.That(await Registry.GetHistoryAsync("m", "champion"), Has.Count.EqualTo(2));
        foreach (Database database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Test]
    public async Task A_first_version_is_promoted_to_an_alias_that_did_not_exist()
    {
        await RegisterAsync(1);
        IPromotionGate seesNobody = PromotionGate.Create("first", context => context.Current is null ? GateResult.Pass("no rival") : GateResult.Fail("a rival"));

        Assert.That((await Registry.PromoteAsync("m", 1, [seesNobody])).Accepted, Is.True);
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
    }

    [Test]
    public async Task An_alias_that_moved_meanwhile_makes_the_evidence_stale()
    {
        await RegisterAsync(3);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        IPromotionGate slow = PromotionGate.Create("slow", async (context, token) =>
        {
            await context.Registry.SetAliasAsync("m", "champion", 3, 1, cancellationToken: token);
            return GateResult.Pass("better than version 1");
        });

        Assert.That(async () => await Registry.PromoteAsync("m", 2, [slow]), Throws.TypeOf<AliasConflictException>().With.Property("Actual").EqualTo(3));
        Assert.That(await Registry.ListDecisionsAsync("m", "champion"), Is.Empty);
    }

    [Test]
    public async Task A_repeated_promotion_is_the_first_decision_without_asking_again()
    {
        await RegisterAsync(2);
        int asked = 0;
        IPromotionGate counting = PromotionGate.Create("counting", _ =>
        {
            asked++;
            return GateResult.Pass("ok");
        });
        var options = new PromotionOptions { IdempotencyKey = "run/5" };
        PromotionDecision first = await Registry.PromoteAsync("m", 1, [counting], options);
        await Registry.SetAliasAsync("m", "champion", 2, 1);
        PromotionDecision again = await Registry.PromoteAsync("m", 1, [counting], options);

        Assert.That((again.Id, asked), Is.EqualTo((first.Id, 1)));
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(2));
        Assert.That(async () => await Registry.PromoteAsync("m", 2, [counting], options), Throws.TypeOf<IdempotencyConflictException>());
    }

    [Test]
    public async Task Promotions_at_once_with_one_key_make_one_decision()
    {
        await RegisterAsync(1);
        PromotionDecision[] decisions = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ =>
            Task.Run(() => Registry.PromoteAsync("m", 1, [Always], new() { IdempotencyKey = "k" }))));

        Assert.That(decisions.Select(decision => decision.Id).Distinct().Count(), Is.EqualTo(1));
        Assert.That(await Registry.GetHistoryAsync("m", "champion"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_signature_gate_stops_a_candidate_that_callers_would_notice()
    {
        await Registry.RegisterAsync("m", Linear(1, 2));
        await Registry.RegisterAsync("m", Linear(3, 4));
        await Registry.RegisterAsync("m", Linear(1, 2, 3));
        await Registry.RegisterAsync("m", Content("no onnx"), Other());
        await Registry.PromoteAsync("m", 1, [PromotionGate.CompatibleSignature]);

        PromotionDecision same = await Registry.PromoteAsync("m", 2, [PromotionGate.CompatibleSignature]);
        PromotionDecision wider = await Registry.PromoteAsync("m", 3, [PromotionGate.CompatibleSignature]);
        PromotionDecision opaque = await Registry.PromoteAsync("m", 4, [PromotionGate.CompatibleSignature]);

        Assert.That(same.Accepted, Is.True);
        Assert.That((wider.Accepted, wider.Gates[0].Reason), Is.EqualTo((false, "input 'features' was float32[batch,2] and is float32[batch,3]")));
        Assert.That((opaque.Accepted, opaque.Gates[0].Reason), Is.EqualTo((false, "the candidate is no ONNX model, the current version is")));
    }

    [Test]
    public async Task Decisions_on_an_alias_are_read_in_pages_without_a_gap_or_a_repetition()
    {
        await RegisterAsync(7);
        List<long> made = [];
        for (int version = 1; version <= 7; version++)
        {
            made.Insert(0, (await Registry.PromoteAsync("m", version, [PromotionGate.Create("odd", c => version % 2 == 1 ? GateResult.Pass("odd") : GateResult.Fail("even"))])).Id);
            await Registry.PromoteAsync("m", version, [Always], new() { Alias = "elsewhere" });
        }

        List<long> read = [];
        List<int> pages = [];
        for (long? before = null; pages.Count < 10; before = read[^1])
        {
            IReadOnlyList<PromotionDecision> page = await Registry.ListDecisionsAsync("m", "champion", take: 3, before);
            read.AddRange(page.Select(static decision => decision.Id));
            pages.Add(page.Count);
            if (page.Count == 0)
            {
                break;
            }
        }

        Assert.That(read, Is.EqualTo(made));
        Assert.That(pages, Is.EqualTo(new[] { 3, 3, 1, 0 }));
    }

    [Test]
    public async Task Each_decision_of_a_page_has_its_own_gates_in_their_order()
    {
        await RegisterAsync(6);
        for (int version = 1; version <= 6; version++)
        {
            IPromotionGate[] gates = [.. Enumerable.Range(0, version).Select(gate => PromotionGate.Create($"{version}.{gate}", _ => GateResult.Fail($"no {gate}", ("gate", gate))))];
            await Registry.PromoteAsync("m", version, gates);
        }

        IReadOnlyList<PromotionDecision> page = await Registry.ListDecisionsAsync("m", "champion", take: 5);
        Assert.That(page.Select(static decision => decision.Candidate), Is.EqualTo(new[] { 6, 5, 4, 3, 2 }));
        Assert.That(
            page.Select(static decision => string.Join(' ', decision.Gates.Select(static gate => $"{gate.Name}:{gate.Numbers["gate"]}"))),
            Is.EqualTo(new[] { "6.0:0 6.1:1 6.2:2 6.3:3 6.4:4 6.5:5", "5.0:0 5.1:1 5.2:2 5.3:3 5.4:4", "4.0:0 4.1:1 4.2:2 4.3:3", "3.0:0 3.1:1 3.2:2", "2.0:0 2.1:1" }));
        Assert.That(await Registry.ListDecisionsAsync("m", "absent"), Is.Empty);
    }

    [Test]
    public async Task What_a_promotion_returns_is_what_was_stored()
    {
        await RegisterAsync(2);
        await Registry.SetAliasAsync("m", "champion", 1, Expected.None);
        Time.Advance(TimeSpan.FromTicks(12_345));
        PromotionOptions[] calls = [new() { Evidence = new Dictionary<string, double> { ["mae"] = 1.1, ["nan"] = double.NaN }, Reason = "r", Actor = "bob" }, new()];
        foreach (PromotionOptions call in calls)
        {
            PromotionDecision told = await Registry.PromoteAsync("m", 2, [Always, PromotionGate.AtMost("mae", 1.2)], call);
            PromotionDecision stored = (await Registry.FindDecisionAsync(told.Id))!;

            Assert.That(told, Is.EqualTo(stored).Using<PromotionDecision>(static (x, y) => SameButGates(x, y)));
            Assert.That(told.Evidence, Is.EquivalentTo(stored.Evidence));
            Assert.That(told.Gates.Select(static gate => (gate.Name, gate.Verdict, gate.Reason)), Is.EqualTo(stored.Gates.Select(static gate => (gate.Name, gate.Verdict, gate.Reason))));
            Assert.That(told.Gates.SelectMany(static gate => gate.Numbers), Is.EquivalentTo(stored.Gates.SelectMany(static gate => gate.Numbers)));
        }
    }

    [Test]
    public async Task A_gate_that_changes_its_numbers_afterwards_changes_no_decision()
    {
        await RegisterAsync(1);
        var numbers = new Dictionary<string, double> { ["p"] = 0.5 };
        PromotionDecision decision = await Registry.PromoteAsync("m", 1,
        [
            PromotionGate.Create("shared", _ => new GateResult(GateVerdict.Passed, "ok", numbers)),
            PromotionGate.Create("after", _ => { numbers["p"] = 0.9; return GateResult.Pass("ok"); }),
        ]);

        Assert.That(decision.Gates[0].Numbers["p"], Is.EqualTo(0.5));
        Assert.That((await Registry.FindDecisionAsync(decision.Id))!.Gates[0].Numbers["p"], Is.EqualTo(0.5));
    }

    /// <summary>The row is spoilt as soon as it is written, so that reading it back fails.</summary>
    [Test]
    public async Task A_promotion_that_is_stored_is_told_although_it_cannot_be_read_back()
    {
        await RegisterAsync(1);
        await SpoilDecisionsAsync();
        IChangeToken token = Registry.WatchAlias("m", "champion");
        await Registry.FindAsync("m@champion");

        PromotionDecision decision = await Registry.PromoteAsync("m", 1, [Always]);

        Assert.That((decision.Accepted, decision.AliasSequence), Is.EqualTo((true, (long?)1)));
        Assert.That(async () => await Registry.FindDecisionAsync(decision.Id), Throws.InstanceOf<JsonException>(), "else nothing is tested");
        Assert.That((await Registry.GetAsync("m@champion")).Number, Is.EqualTo(1));
        Assert.That(() => token.HasChanged, Is.True.After(30_000, 5));
    }

    /// <summary>A trigger of the engine that overwrites the evidence of every new decision.</summary>
    protected abstract Task SpoilDecisionsAsync();

    private static bool SameButGates(PromotionDecision x, PromotionDecision y) =>
        (x.Id, x.Model, x.Candidate, x.Alias, x.Previous, x.Accepted, x.AliasSequence) == (y.Id, y.Model, y.Candidate, y.Alias, y.Previous, y.Accepted, y.AliasSequence)
        && (x.At, x.Actor, x.Reason) == (y.At, y.Actor, y.Reason);

    [Test]
    public async Task A_cancelled_gate_leaves_no_decision()
    {
        await RegisterAsync(1);
        using var cancellation = new CancellationTokenSource();
        IPromotionGate waiting = PromotionGate.Create("waiting", async (_, token) =>
        {
            await cancellation.CancelAsync();
            token.ThrowIfCancellationRequested();
            return GateResult.Pass("never");
        });

        Assert.That(async () => await Registry.PromoteAsync("m", 1, [waiting], null, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await Registry.ListDecisionsAsync("m", "champion"), Is.Empty);
    }

    [Test]
    public async Task A_promotion_needs_a_gate_and_gates_need_names_of_their_own()
    {
        await RegisterAsync(1);

        Assert.That(() => Registry.PromoteAsync("m", 1, []), Throws.ArgumentException.With.Message.Contains("SetAliasAsync"));
        Assert.That(() => Registry.PromoteAsync("m", 1, [Always, Always]), Throws.ArgumentException.With.Message.Contains("'always'"));
        Assert.That(() => PromotionGate.AtMost("mae", double.NaN), Throws.ArgumentException);
        Assert.That(async () => await Registry.PromoteAsync("m", 9, [Always]), Throws.TypeOf<VersionNotFoundException>());
    }

    /// <summary>Passes once everybody is here.</summary>
    private sealed class MeetingGate(int parties) : IPromotionGate
    {
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _missing = parties;

        public string Name => "meeting";

        public async ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken)
        {
            if (Interlocked.Decrement(ref _missing) == 0)
            {
                _all.SetResult();
            }

            await _all.Task;
            return GateResult.Pass("all saw the same champion");
        }
    }
}
