using Mlops.Storage;
using Mlops.Storage.Sqlite;

namespace Mlops.Tuning.Tests;

/// <summary>A database file that was cut off or whose bytes have changed: every call succeeds or fails with a typed error, and none hangs.</summary>
public sealed class DamagedFileTests
{
    private const int Damages = 24;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private string _folder = null!;
    private byte[] _whole = null!;

    [OneTimeSetUp]
    public async Task CreateStudy()
    {
        _folder = Directory.CreateTempSubdirectory("mlops-tuning-").FullName;
        string path = Path.Combine(_folder, "whole.db");
        await using (var database = new SqliteDatabase($"Data Source={path};Pooling=False"))
        {
            await using var studies = new Studies(database);
            await (await studies.OpenAsync("s", Direction.Minimize)).OptimizeAsync(ObjectiveAsync, new() { TotalTrials = 40, Parallelism = 4 });
        }

        _whole = await File.ReadAllBytesAsync(path);
    }

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_truncated_file_is_told_by_type([Range(0, Damages - 1)] int seed)
    {
        int length = new Random(seed).Next(_whole.Length);
        await UseAsync($"cut-{seed}", _whole[..length]);
    }

    [Test]
    public async Task Flipped_bytes_are_told_by_type([Range(0, Damages - 1)] int seed)
    {
        var random = new Random(seed);
        byte[] damaged = [.. _whole];
        for (int i = random.Next(1, 300); i > 0; i--)
        {
            damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
        }

        await UseAsync($"flip-{seed}", damaged);
    }

    [Test]
    public async Task The_undamaged_file_is_used_without_an_error()
    {
        Assert.That(await UseAsync("copy", _whole), Is.Zero);
    }

    /// <summary>Does all that one does with a study; answers how many calls were refused.</summary>
    private async Task<int> UseAsync(string name, byte[] content)
    {
        string path = Path.Combine(_folder, $"{name}.db");
        await File.WriteAllBytesAsync(path, content);
        await using var database = new SqliteDatabase($"Data Source={path};Pooling=False", new DatabaseOptions { BusyTimeout = TimeSpan.FromMilliseconds(100) });
        await using var studies = new Studies(database, new TuningOptions { RetryDuration = TimeSpan.Zero });
        int refused = 0;
        Study? study = null;
        await TryAsync(async () => study = await studies.OpenAsync("s", Direction.Minimize, new() { Sampler = new TpeSampler { StartupTrials = 5 }, Pruner = new MedianPruner() }));
        await TryAsync(() => studies.ListAsync());
        if (study is not null)
        {
            await TryAsync(() => study.FindBestAsync());
            await TryAsync(() => study.GetReportsAsync(7));
            await TryAsync(() => study.ToHtmlAsync());
            await TryAsync(() => study.GetImportancesAsync());
            using var cancel = new CancellationTokenSource(Limit);
            await TryAsync(() => study.OptimizeAsync(ObjectiveAsync, new() { TotalTrials = 50, Parallelism = 2 }, cancel.Token));
        }

        return refused;

        async Task TryAsync(Func<Task> call)
        {
            try
            {
                await call().WaitAsync(Limit);
            }
            catch (Exception exception) when (exception is StorageException or TuningException)
            {
                refused++;
            }
        }
    }

    private static Task<double> ObjectiveAsync(Trial trial, CancellationToken cancellationToken)
    {
        double x = trial.SuggestDouble("x", -1, 1);
        int n = trial.SuggestInt("n", 1, 9);
        string kind = trial.SuggestCategorical("kind", "a", "b");
        for (int step = 0; step < 3; step++)
        {
            trial.Report(step, (x * x) + (1.0 / (step + 1)));
            trial.ThrowIfPruned();
        }

        return Task.FromResult((x * x) + n + kind.Length);
    }
}
