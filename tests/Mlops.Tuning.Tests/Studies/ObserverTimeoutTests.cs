using Mlops.Storage.Conformance;

namespace Mlops.Tuning.Tests;

/// <summary>Observers that take their time cost neither the study nor the trials that run.</summary>
public sealed class ObserverTimeoutTests
{
    private static readonly TimeSpan Timeout = new TuningOptions().ObserverTimeout;

    private WaitCountingTime _time = null!;
    private SqliteFile _file = null!;

    [SetUp]
    public void Open()
    {
        _time = new WaitCountingTime();
        _file = new SqliteFile();
    }

    [TearDown]
    public async Task Close() => await _file.DisposeAsync();

    [TestCase(false)]
    [TestCase(true)]
    public async Task An_observer_that_never_answers_costs_one_timeout_and_what_it_held_up_is_delivered_again(bool blocks)
    {
        using var hanging = new HangingObserver(blocks);
        await using var studies = new Studies(_file.Database, observers: [hanging], timeProvider: _time);
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        var published = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var progress = new Progress<StudyProgress>(stands =>
        {
            if (stands.Finished == 50)
            {
                published.TrySetResult();
            }
        });

        // None is told before all have finished: they wait behind the first.
        Task<StudyProgress> optimising = study.OptimizeAsync((trial, _) => Task.FromResult<double>(trial.Number), new() { TotalTrials = 50, Progress = progress });
        await published.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(() => _time.Waits, Is.EqualTo(1).After(60_000, 1), "for the observer");

        _time.Advance(Timeout);

        Assert.That((await optimising.WaitAsync(TimeSpan.FromMinutes(1))).Completed, Is.EqualTo(50));
        Assert.That(hanging.Calls, Is.EqualTo(1));
        Assert.That(hanging.Token.IsCancellationRequested, Is.True);

        var observer = new CountingObserver();
        await using var next = new Studies(_file.Database, observers: [observer], timeProvider: _time);
        await (await next.OpenAsync("s", Direction.Minimize)).OptimizeAsync((_, _) => Task.FromResult(0.0), new() { TotalTrials = 50 });
        Assert.That(observer.Numbers, Is.EqualTo(Enumerable.Range(0, 50)));
    }

    [Test]
    public async Task Disposal_waits_for_slow_observers_no_longer_than_the_timeout()
    {
        var slow = new SlowObserver(_time, Timeout * 0.6);
        var studies = new Studies(_file.Database, observers: [slow], timeProvider: _time);
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        for (int i = 0; i < 10; i++)
        {
            await study.TellAsync(await study.AskAsync(), i);
        }

        Assert.That(() => _time.Waits, Is.EqualTo(2).After(60_000, 1), "the first call and who waits for it");
        Task disposing = studies.DisposeAsync().AsTask();
        Assert.That(() => _time.Waits, Is.EqualTo(3).After(60_000, 1), "the disposal");
        _time.Advance(Timeout * 0.6);
        Assert.That(() => _time.Waits, Is.EqualTo(5).After(60_000, 1), "the second call and who waits for it");
        _time.Advance(Timeout * 0.4);
        await disposing.WaitAsync(TimeSpan.FromMinutes(1));

        Assert.That(slow.Calls, Is.EqualTo(2));
        var observer = new CountingObserver();
        await using var next = new Studies(_file.Database, observers: [observer], timeProvider: _time);
        await (await next.OpenAsync("s", Direction.Minimize)).OptimizeAsync((_, _) => Task.FromResult(0.0), new() { TotalTrials = 10 });
        Assert.That(observer.Numbers, Is.EqualTo(Enumerable.Range(1, 9)));
    }

    [Test]
    public async Task Who_cancels_does_not_wait_for_observers()
    {
        using var hanging = new HangingObserver(blocks: false);
        await using var studies = new Studies(_file.Database, observers: [hanging], timeProvider: _time);
        Study study = await studies.OpenAsync("s", Direction.Minimize);
        using var cancel = new CancellationTokenSource();

        Task optimising = study.OptimizeAsync(
            async (trial, _) =>
            {
                if (trial.Number == 3)
                {
                    await cancel.CancelAsync();
                }

                return trial.Number;
            },
            new() { TotalTrials = 10 },
            cancel.Token);

        Assert.That(async () => await optimising.WaitAsync(TimeSpan.FromMinutes(1)), Throws.InstanceOf<OperationCanceledException>());
        await AdvanceUntilAsync(studies.DisposeAsync().AsTask());
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        for (int i = 0; i < 2_000 && !task.IsCompleted; i++)
        {
            _time.Advance(Timeout / 100);
            await Task.Delay(5);
        }

        Assert.That(task.IsCompleted, Is.True);
    }

    /// <summary>Never answers, and looks at its token only from outside.</summary>
    private sealed class HangingObserver(bool blocks) : ITrialObserver, IDisposable
    {
        private readonly ManualResetEventSlim _released = new();
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public CancellationToken Token { get; private set; }

        public async ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            Token = cancellationToken;
            if (blocks)
            {
                _released.Wait(CancellationToken.None);
            }
            else
            {
                await Task.Delay(System.Threading.Timeout.Infinite, CancellationToken.None);
            }
        }

        public void Dispose() => _released.Set();
    }

    private sealed class SlowObserver(TimeProvider time, TimeSpan delay) : ITrialObserver
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public async ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private sealed class CountingObserver : ITrialObserver
    {
        public List<int> Numbers { get; } = [];

        public ValueTask OnFinishedAsync(TrialRecord trial, CancellationToken cancellationToken)
        {
            Numbers.Add(trial.Number);
            return ValueTask.CompletedTask;
        }
    }
}
