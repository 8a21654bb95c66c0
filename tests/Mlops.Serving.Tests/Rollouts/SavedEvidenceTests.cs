namespace Mlops.Serving.Tests;

/// <summary>Evidence that outlives its process.</summary>
public sealed class SavedEvidenceTests
{
    private const string Digest = "d1";
    private const string Format1 =
        "AQJkMQEAAAAAAAAAAAAAABQAAAAsy8I0/LxWtAvngwZlICq/OgnO2PgJxYFRCw11GPCoaASQRw11VUzVN9dq1g1zRXzHsbO06A3d0WjkyykHdA2HxqOTpcyrRg/V8fT3H5ogkQ0N00glRHJhZA3EctWhgb7G7w01"
        + "sKhEOCv1iA1FMT3YJwy+5w0cd0wKvwMgug0t4s4Yu+6S2Q9EicbTcklpXw02+/MfaZsm6w00FGZjZ+RS9A2ZUo7Ji5fC/g3mihyEr5TUmg0DAAAAAAAAAAAAAAAAAAAA9k5ArsRF878AAAAAAAAAAPwJDZCkR8e/"
        + "3ojLOJTV2r/KltI53S/pvzmyj/FadvO/c6s7P7KiAMAMTh0DqEkMwMbpBDCTUhnAKMhneJh9I8AGZXJyb3JzAAAAAAAAAAAAAAAAAADwPxIAAAAAAAAAAgAAAAAAAAAAAAAAAAAIQAAAAAAAAAAAZgAAAERIQ00B"
        + "JArXo3A9CvC/CtejcD0K8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPxQAAAAAAAAA4t7M7mVaI0BR7jTFr0a+PwAAAAAAAAAANv6UUK5ahT8AAAAAAAAAAGYAAABESENNASQK16NwPQrwvwrXo3A9"
        + "CvA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAUAAAAAAAAAOLezO5lWiNAUe40xa9Gvj8AAAAAAAAAADb+lFCuWoU/siHe3nTBzj8EdGltZTyo3RUDlFe/ZgAAAERIQ00BJAAAAAAAAAjAAAAAAAAA"
        + "CEAAAAAAAAAAAAAAAAAAAAAA0Xo/RwO44j8AAAAAAADwPwEAAAAAAAAAD1t8/xH83z9UQ0kVkOJOPgAAAAAAAAAAzVuO+Wd2oj8AAAAAAAAAAGYAAABESENNASQAAAAAAAAIwAAAAAAAAAhAAAAAAAAAAAAAAAAA"
        + "AAAAANF6P0cDuOI/AAAAAAAAAEABAAAAAAAAAA9bfP8R/N8/VENJFZDiTj4AAAAAAAAAAM1bjvlndqI/zVuO+Wd2oj8DbWFlAAAAAAAAAAAAAAAAAAAAQBIAAAAAAAAAAgAAAAAAAAAAAAAAAAAaQAAAAAAAAPA/"
        + "ZgAAAERIQ00BJDMzMzMzM/C/MzMzMzMz8D8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPxQAAAAAAAAAHrLTZVBxJEDKBHRTEK26P82oCatYsrq/wxFILqPCqL9g5xOrfOtVP2YAAABESENNASQzMzMz"
        + "MzPwvzMzMzMzM/A/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAUAAAAAAAAAB6y02VQcSRAygR0UxCtuj/NqAmrWLK6v8MRSC6jwqi/AAAAAAAAAACwbcPP0StIfg==";
    private static readonly ServedVersion Stable = Served.VersionOf(1);
    private static readonly ServedVersion Candidate = Served.VersionOf(2);

    [Test]
    public void Evidence_that_was_saved_goes_on_as_if_nothing_had_happened()
    {
        RolloutEvidence whole = Create(), first = Create();
        Feed(whole, from: 0, to: 500);
        Feed(first, from: 0, to: 500);

        RolloutEvidence second = Restore(first.Save(Digest))!;
        Assert.That(Figures(second), Is.EqualTo(Figures(whole)));
        Assert.That(Figures(whole), Has.All.Property("CandidateKeys").Positive.And.All.Property("LogWithinMargin").Not.Zero);

        Feed(whole, from: 400, to: 900);
        Feed(second, from: 400, to: 900);
        Assert.That(Figures(second), Is.EqualTo(Figures(whole)), "keys that were counted before are not counted again");
    }

    [Test]
    public void Of_a_sample_of_the_keys_the_same_part_is_counted_afterwards()
    {
        var options = new RolloutOptions { MaximumKeys = 100 };
        var whole = new RolloutEvidence(options, TimeProvider.System, default);
        var random = new Simulation(11);
        ulong[] keys = [.. Enumerable.Range(0, 2000).Select(_ => random.NewKey())];
        Feed(whole, keys[..1000]);
        RolloutEvidence second = RolloutEvidence.Restore(options, TimeProvider.System, default, whole.Save(Digest), Digest)!;

        Feed(whole, keys[1000..]);
        Feed(second, keys[1000..]);

        Assert.That(Figures(second), Is.EqualTo(Figures(whole)));

        static void Feed(RolloutEvidence evidence, ulong[] keys)
        {
            foreach (ulong key in keys)
                evidence.OnAnswer(key, isCandidate: key < ulong.MaxValue / 4, 0.25, default, default, predicted: null);
        }
    }

    [Test]
    public void Another_stable_version_other_margins_and_other_metrics_begin_anew()
    {
        RolloutEvidence evidence = Create();
        Feed(evidence, from: 0, to: 100);
        byte[] saved = evidence.Save(Digest);

        Assert.That(Restore(saved, Digest), Is.Not.Null);
        Assert.That(Restore(saved, "d2"), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.ErrorMargin = 0.02), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.ComputeTimeMargin = 0.4), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.ComputeTimeMargin = null), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.NonInferiority("mae", 0.1, limit: 4)), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.NonInferiority("mse", 0.1)), Is.Null);
        Assert.That(Restore(saved, Digest, o => o.Outcomes.Clear()), Is.Null);
    }

    [Test]
    public void Damaged_evidence_begins_anew()
    {
        RolloutEvidence evidence = Create();
        Feed(evidence, from: 0, to: 20);
        byte[] saved = evidence.Save(Digest);

        for (int length = 0; length < saved.Length; length++)
            Assert.That(Restore(saved[..length]), Is.Null, $"{length} bytes");
        for (int place = 0; place < saved.Length; place++)
        {
            byte[] damaged = [.. saved];
            damaged[place] ^= 0x10;
            Assert.That(Restore(damaged), Is.Null, $"byte {place}");
        }
    }

    /// <summary>Bytes of the first format, which every later build has to read.</summary>
    [Test]
    public void Evidence_of_the_first_format_is_read()
    {
        RolloutEvidence expected = Create();
        Feed(expected, from: 0, to: 20);
        RolloutEvidence read = Restore(Convert.FromBase64String(Format1))!;

        Assert.That((read.Saved, Figures(read).Count), Is.EqualTo((1L, Figures(expected).Count)));
        foreach ((RolloutMetric actual, RolloutMetric wanted) in Figures(read).Zip(Figures(expected)))
        {
            Assert.That((actual.Name, actual.StableKeys, actual.CandidateKeys), Is.EqualTo((wanted.Name, wanted.StableKeys, wanted.CandidateKeys)));
            Assert.That(actual.LogWorse, Is.EqualTo(wanted.LogWorse).Within(1e-9));
            Assert.That(actual.LogWithinMargin, Is.EqualTo(wanted.LogWithinMargin).Within(1e-9));
        }
    }

    [Test]
    public async Task A_restart_goes_on_with_the_keys_and_the_evidence()
    {
        var store = new InMemoryRolloutStore();
        RolloutEvaluation before;
        await using (var first = await StartAsync(store))
        {
            await first.VariantsAsync();
            await first.Rollout.LookAsync();
            before = first.Rollout.Evaluate()!;
            Assert.That(before.Metrics[0].CandidateKeys, Is.Positive);
        }

        await using var second = await StartAsync(store);
        Assert.That(second.Rollout.Evaluate()!.Metrics, Is.EqualTo(before.Metrics));

        await second.VariantsAsync();
        Assert.That(second.Rollout.Evaluate()!.Metrics[0], Is.EqualTo(before.Metrics[0]), "the same keys");
        await second.PredictAsync("somebody else");
        RolloutMetric errors = second.Rollout.Evaluate()!.Metrics[0];
        Assert.That(errors.StableKeys + errors.CandidateKeys, Is.EqualTo(before.Metrics[0].StableKeys + before.Metrics[0].CandidateKeys + 1));
    }

    [Test]
    public async Task Who_begins_to_decide_goes_on_with_the_evidence_of_who_did_before()
    {
        var store = new InMemoryRolloutStore();
        Seat firstSeat = new(store) { Leads = true }, secondSeat = new(store);
        await using var second = await StartAsync(secondSeat);
        await using var first = await StartAsync(firstSeat);
        await first.VariantsAsync();
        await first.Rollout.LookAsync();
        for (int i = 0; i < 30; i++)
            await second.PredictAsync($"other-{i}");
        await second.Rollout.LookAsync();
        RolloutMetric own = second.Rollout.Evaluate()!.Metrics[0];
        Assert.That(own.StableKeys + own.CandidateKeys, Is.EqualTo(30), "while it does not decide it sees its own");

        firstSeat.Leads = false;
        secondSeat.Leads = true;
        await second.Rollout.LookAsync();

        Assert.That(second.Rollout.Evaluate()!.Metrics[0], Is.EqualTo(first.Rollout.Evaluate()!.Metrics[0]));
    }

    [Test]
    public async Task Evidence_beside_one_stable_version_is_not_taken_for_that_beside_one_that_comes_while_it_is_read()
    {
        var store = new RecallingStore();
        await using (var first = await StartAsync(store))
        {
            await CallAsync(first);
            await first.Rollout.LookAsync();
        }

        await using var second = await Served.StartAsync(
            (m, candidate) =>
            {
                candidate.Package = null;
                m.Canary(candidate, c => c.Share = 0.5);
            },
            store);
        store.OnLoad = async () =>
        {
            second.Stable.Package = MemorySource.Version(3, 1, 3);
            await second.Model.ReloadAsync();
        };
        second.Candidate.Package = MemorySource.Version(2, 1, 2);
        await second.Rollout.ReloadAsync();

        Assert.That(() => second.Rollout.Evaluate()?.StableVersion, Is.EqualTo(3).After(30_000, 5));
        Assert.That((store.OnLoad, second.Rollout.Evaluate()!.Metrics[0].StableKeys), Is.EqualTo(((Func<Task>?)null, 0L)));
    }

    [Test]
    public async Task Who_stops_without_having_looked_saves_no_evidence_of_what_others_have_decided()
    {
        var store = new InMemoryRolloutStore();
        string digest;
        await using (var served = await StartAsync(store))
        {
            digest = served.Rollout.Candidate!.Digest;
            await served.Rollout.LookAsync();   // it decides
            await CallAsync(served);
            RolloutRecord record = served.Rollout.Record!;
            Assert.That(await store.TryWriteAsync(record with { State = RolloutState.RolledBack, Reason = "elsewhere", Revision = record.Revision + 1 }), Is.True);
        }

        Assert.That((await store.LoadEvidenceAsync("m", digest)).IsEmpty, Is.True);
    }

    [Test]
    public async Task Who_does_not_know_whether_it_still_decides_saves_nothing()
    {
        var store = new TimingOutStore();
        string digest;
        byte[] saved;
        await using (var served = await StartAsync(store))
        {
            digest = served.Rollout.Candidate!.Digest;
            await served.PredictAsync("a");
            await served.Rollout.LookAsync();
            saved = (await store.LoadEvidenceAsync("m", digest)).ToArray();
            await CallAsync(served);
            store.TimesOut = [nameof(IRolloutStore.TryLeadAsync)];
            await served.Rollout.LookAsync();
        }

        Assert.That(saved, Is.Not.Empty);
        Assert.That((await store.LoadEvidenceAsync("m", digest)).ToArray(), Is.EqualTo(saved));
    }

    [Test]
    public async Task A_rollout_that_is_over_leaves_no_evidence()
    {
        var store = new InMemoryRolloutStore();
        await using var served = await StartAsync(store);
        string digest = served.Rollout.Candidate!.Digest;
        await served.VariantsAsync();
        await served.Rollout.LookAsync();
        Assert.That((await store.LoadEvidenceAsync("m", digest)).IsEmpty, Is.False);

        await served.Rollout.RollbackAsync("bad");

        Assert.That((await store.LoadEvidenceAsync("m", digest)).IsEmpty, Is.True);
    }

    /// <summary>Calls that are too few for their times to be compared.</summary>
    private static async Task CallAsync(Served served)
    {
        for (int i = 0; i < 50; i++)
            await served.PredictAsync($"user-{i}");
    }

    private sealed class RecallingStore : IRolloutStore
    {
        private readonly InMemoryRolloutStore _store = new();

        /// <summary>Called once, when evidence has been read.</summary>
        public Func<Task>? OnLoad { get; set; }

        public ValueTask<IReadOnlyList<RolloutRecord>> ListAsync(string model, CancellationToken cancellationToken = default) => _store.ListAsync(model, cancellationToken);

        public ValueTask<bool> TryWriteAsync(RolloutRecord record, CancellationToken cancellationToken = default) => _store.TryWriteAsync(record, cancellationToken);

        public ValueTask<bool> TryLeadAsync(string model, string owner, TimeSpan duration, CancellationToken cancellationToken = default) =>
            _store.TryLeadAsync(model, owner, duration, cancellationToken);

        public ValueTask SaveEvidenceAsync(string model, string digest, ReadOnlyMemory<byte> evidence, CancellationToken cancellationToken = default) =>
            _store.SaveEvidenceAsync(model, digest, evidence, cancellationToken);

        public async ValueTask<ReadOnlyMemory<byte>> LoadEvidenceAsync(string model, string digest, CancellationToken cancellationToken = default)
        {
            ReadOnlyMemory<byte> saved = await _store.LoadEvidenceAsync(model, digest, cancellationToken);
            if (OnLoad is { } onLoad)
            {
                OnLoad = null;
                await onLoad();
            }

            return saved;
        }
    }

    private static Task<Served> StartAsync(IRolloutStore store) => Served.StartAsync((m, candidate) => m.Canary(candidate, c => c.Share = 0.5), store);

    /// <summary>Calls of keys by number, of which some fail, each with its time and its outcome.</summary>
    private static void Feed(RolloutEvidence evidence, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            ulong key = Split.Mix((ulong)i + 1);
            bool isCandidate = key < ulong.MaxValue / 4;
            if (i % 7 == 0)
                evidence.OnFault(key, isCandidate, 0.25);
            var id = PredictionId.Next();
            evidence.OnAnswer(key, isCandidate, 0.25, new RunTime(1000 + (i % 5), Rows: i < 500 ? 1 : i, i + 1), id, predicted: i % 3);
            evidence.OnOutcome(new PredictionOutcome { Model = "m", Id = id, Value = i % 2, Timestamp = default });
        }
    }

    private static RolloutEvidence Create() => new(Options(), TimeProvider.System, default);

    private static RolloutEvidence? Restore(byte[] saved, string digest = Digest, Action<RolloutOptions>? configure = null) =>
        RolloutEvidence.Restore(Options(configure), TimeProvider.System, default, saved, digest);

    private static RolloutOptions Options(Action<RolloutOptions>? configure = null)
    {
        var options = new RolloutOptions { WarmupCalls = 1 };
        options.NonInferiority("mae", 0.1, limit: 2);
        configure?.Invoke(options);
        return options;
    }

    private static IReadOnlyList<RolloutMetric> Figures(RolloutEvidence evidence) => evidence.Evaluate(Stable, Candidate).Metrics;
}
