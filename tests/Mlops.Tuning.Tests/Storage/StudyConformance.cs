using Microsoft.Extensions.Time.Testing;
using Mlops.Storage;

namespace Mlops.Tuning.Tests;

/// <summary>What every engine must do with a study. Each test has a database of its own.</summary>
public abstract partial class StudyConformance
{
    private string _test = null!;
    private Database _database = null!;
    private FakeLeaseClock _clock = null!;
    private FakeTimeProvider _time = null!;
    private List<Studies> _opened = null!;

    /// <summary>A database of the test's own: empty at the first call with its name, the same one at later calls.</summary>
    protected abstract Database Create(string test);

    [SetUp]
    public void Open()
    {
        _test = Guid.NewGuid().ToString("N");
        _database = Create(_test);
        _clock = new FakeLeaseClock();
        _time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        _opened = [];
    }

    [TearDown]
    public async Task Close()
    {
        foreach (Studies studies in _opened)
        {
            await studies.DisposeAsync();
        }

        await _database.DisposeAsync();
    }

    /// <summary>One process: it shares nothing with the others but the database.</summary>
    private Studies NewProcess(TuningOptions? options = null, params ITrialObserver[] observers)
    {
        var studies = new Studies(_database, options, observers, _time, _clock);
        _opened.Add(studies);
        return studies;
    }

    private Task<Study> OpenStudyAsync(string name = "s", long? seed = null) =>
        NewProcess().OpenAsync(name, Direction.Minimize, new StudyOptions { Sampler = new RandomSampler(), Seed = seed });

    private static double Ask(Trial trial) => trial.SuggestDouble("x", 0, 1);

    private static Task<double> Square(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -1, 1);
        return Task.FromResult(x * x);
    }

    private static async Task<List<TrialRecord>> AllAsync(Study study)
    {
        List<TrialRecord> trials = [];
        await foreach (TrialRecord trial in study.GetTrialsAsync())
        {
            trials.Add(trial);
        }

        return trials;
    }
}
