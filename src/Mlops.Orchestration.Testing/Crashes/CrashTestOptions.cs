using Mlops.Storage;

namespace Mlops.Orchestration.Testing;

/// <summary>How a pipeline is crashed.</summary>
public sealed record CrashTestOptions
{
    /// <summary>At most so many kills; of more points than that, evenly spread ones are taken. 1 to 100 000, default 200.</summary>
    public int MaximumKills { get; init; } = 200;

    /// <summary>How often each run is killed: the first time at the point under test, then at points drawn from the seed. 1 to 100, default 1.</summary>
    public int KillsPerRun { get; init; } = 1;

    /// <summary>The seed of what is drawn.</summary>
    public int Seed { get; init; }

    /// <summary>
    /// How many steps run at once, 1 to 64. Default 1: a killed process is imitated within this one, so the code of other steps that run at
    /// that moment goes on until its token fires, with nothing it could still store.
    /// </summary>
    public int MaximumConcurrentSteps { get; init; } = 1;

    /// <summary>Steps whose results differ from run to run, by their keys or the names of their groups; they are not compared.</summary>
    public IReadOnlyCollection<string> VaryingSteps { get; init; } = [];

    /// <summary>Where <c>p.With&lt;TService&gt;()</c> takes services from; null without a container.</summary>
    public IServiceProvider? Services { get; init; }

    /// <summary>Where steps get secrets from; null for none.</summary>
    public ISecretSource? Secrets { get; init; }

    /// <summary>
    /// Where steps keep artifacts and large results, called with the database of each process that is started; null for the database's own, which SQLite has
    /// beside its file. What it returns must be the same store for the same run.
    /// </summary>
    public Func<Database, ArtifactCatalog>? Artifacts { get; init; }

    /// <summary>How long one run, its kills included, may take before the test fails. Default 5 min.</summary>
    public TimeSpan RunTimeout { get; init; } = TimeSpan.FromMinutes(5);

    internal void RequireValid(string parameter)
    {
        if (MaximumKills is < 1 or > 100_000 || KillsPerRun is < 1 or > 100 || MaximumConcurrentSteps is < 1 or > 64 || RunTimeout <= TimeSpan.Zero || VaryingSteps is null)
        {
            throw new ArgumentException(
                $"Allowed are 1 to 100 000 kills, 1 to 100 per run, 1 to 64 steps at once, a positive time limit and a list of varying steps; got {this}.", parameter);
        }
    }
}
