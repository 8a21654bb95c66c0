using System.Collections.Concurrent;
using NUnit.Framework.Constraints;

namespace Mlops.Tuning.Tests;

/// <summary>What callers do wrong is refused by its name, before anything is stored.</summary>
public sealed class MisuseTests
{
    private static readonly Func<string, IResolveConstraint> Refuses = static parameter => Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(parameter);

    private SqliteFile _file = null!;
    private Recorder _observer = null!;
    private Studies _studies = null!;

    [SetUp]
    public void Open()
    {
        _file = new SqliteFile();
        _observer = new Recorder();
        _studies = new Studies(_file.Database, observers: [_observer]);
    }

    [TearDown]
    public async Task Close()
    {
        await _studies.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Test]
    public async Task Nobody_gets_a_trial_of_studies_that_are_disposed()
    {
        Study study = await _studies.OpenAsync("s", Direction.Minimize);
        Trial paused = await study.AskAsync();
        await study.PauseAsync(paused);
        await _studies.DisposeAsync();

        Assert.That(() => study.AskAsync(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => study.AskAsync("key"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => study.ResumeAsync(0), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => study.OptimizeAsync(static _ => 1, new() { TotalTrials = 5 }), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _studies.OpenAsync("t", Direction.Minimize), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _studies.FindAsync("s"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => _studies.ListAsync(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => study.FlushAsync(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That((await study.FindTrialAsync(0))!.State, Is.EqualTo(TrialState.Paused), "Opened studies can be read.");
    }

    [Test]
    public async Task A_trial_that_is_told_after_disposal_is_stored_and_observed_later()
    {
        Study study = await _studies.OpenAsync("s", Direction.Minimize);
        Trial trial = await study.AskAsync();
        await _studies.DisposeAsync();

        await study.TellAsync(trial, 2);

        Assert.That((await study.GetBestAsync()).Value, Is.EqualTo(2));
        Assert.That(_observer.Numbers, Is.Empty);
        await using var later = new Studies(_file.Database, observers: [_observer]);
        await (await later.GetAsync("s")).OptimizeAsync(static _ => 1, new() { TotalTrials = 1 });
        Assert.That(_observer.Numbers, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public async Task A_cancelled_token_ends_every_call()
    {
        Study study = await _studies.OpenAsync("s", Direction.Minimize, new() { Pruner = new MedianPruner() });
        await study.OptimizeAsync(static trial => trial.SuggestDouble("x", 0, 1), new() { TotalTrials = 3 });
        Study other = await _studies.OpenAsync("other", Direction.Minimize);
        Trial held = await study.AskAsync();
        var cancelled = new CancellationToken(canceled: true);
        (string Call, Func<Task> Run)[] calls =
        [
            ("open", () => _studies.OpenAsync("t", Direction.Minimize, null, cancelled)),
            ("find", () => _studies.FindAsync("s", null, cancelled)),
            ("list", () => _studies.ListAsync(cancelled)),
            ("ask", () => study.AskAsync(null, cancelled)),
            ("ask by key", () => study.AskAsync("key", cancelled)),
            ("tell", () => study.TellAsync(held, 1, cancelled)),
            ("fail", () => study.FailAsync(held, "why", cancelled)),
            ("prune", () => study.PruneAsync(held, cancelled)),
            ("pause", () => study.PauseAsync(held, cancelled)),
            ("resume", () => study.ResumeAsync(0, cancelled)),
            ("checkpoint", () => held.SaveCheckpointAsync(0, new byte[1], cancelled)),
            ("optimize", () => study.OptimizeAsync(static _ => 1, new() { TotalTrials = 9 }, cancelled)),
            ("enqueue", () => study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(0.5) }, null, cancelled)),
            ("enqueue the best", () => other.EnqueueBestAsync(study, 1, cancelled)),
            ("copy", () => other.CopyTrialsAsync(study, cancelled)),
            ("best", () => study.FindBestAsync(cancelled)),
            ("progress", () => study.GetProgressAsync(cancelled)),
            ("front", () => study.GetParetoFrontAsync(cancelled)),
            ("hypervolume", () => study.GetHypervolumeAsync([2], cancelled)),
            ("importances", () => study.GetImportancesAsync(null, cancelled)),
            ("trial", () => study.FindTrialAsync(0, cancelled)),
            ("reports", () => study.GetReportsAsync(0, cancelled)),
            ("page", () => study.ToHtmlAsync(cancelled)),
            ("flush", () => study.FlushAsync(cancelled)),
        ];
        foreach ((string call, Func<Task> run) in calls)
        {
            Assert.That(async () => await run(), Throws.InstanceOf<OperationCanceledException>(), call);
        }

        Assert.That(held.State, Is.EqualTo(TrialState.Running));
        await study.TellAsync(held, 1);
        Assert.That((await study.GetProgressAsync()).Finished, Is.EqualTo(4), "None of them has changed anything.");
        Assert.That((await other.GetProgressAsync()).Finished, Is.Zero);
    }

    [Test]
    public async Task A_key_that_cannot_be_stored_is_refused()
    {
        Study study = await _studies.OpenAsync("s", Direction.Minimize);

        Assert.That(() => study.AskAsync(""), Refuses("idempotencyKey"));
        Assert.That(() => study.AskAsync(new string('k', 251)), Refuses("idempotencyKey"));
        Assert.That(() => study.AskAsync("a\0"), Refuses("idempotencyKey"));
        Assert.That(() => study.EnqueueAsync(new Dictionary<string, ParameterValue> { ["x"] = ParameterValue.Of(1) }, "\ud800"), Refuses("idempotencyKey"));
    }

    [Test]
    public void Settings_of_samplers_are_refused_where_they_are_given()
    {
        Assert.That(() => new CmaEsSampler { WarmStart = null! }, Throws.ArgumentNullException);
        Assert.That(() => new CostFrugalSampler { Start = null! }, Throws.ArgumentNullException);
        Assert.That(() => ParameterDomain.Real(0, 1).Nearest(double.NaN), Refuses("coordinate"));
        Assert.That(() => ParameterDomain.Whole(0, 9).Nearest(double.NaN), Refuses("coordinate"));
        Assert.That(ParameterDomain.Real(0, 1, step: 0.25).Nearest(double.PositiveInfinity), Is.EqualTo(1));
        Assert.That(() => default(TrialView).Values(-1).Length, Refuses("objective"));
        Assert.That(() => new TrialView(new TrialHistory(2), 0).Values(2).Length, Refuses("objective"));
        Assert.That(() => new TrialView(new TrialHistory(2), 0).Column(null!).Length, Refuses("parameter"));
    }

    private sealed class Recorder : ITrialObserver
    {
        public ConcurrentQueue<int> Numbers { get; } = [];

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Numbers.Enqueue(trial.Number);
            return ValueTask.CompletedTask;
        }
    }
}
