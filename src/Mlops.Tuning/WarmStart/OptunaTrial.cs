namespace Mlops.Tuning;

/// <summary>A trial as Optuna keeps it.</summary>
/// <param name="number">The number.</param>
/// <param name="state">How it ended; null while it runs or waits.</param>
/// <param name="started">In microseconds, or null.</param>
/// <param name="finished">In microseconds, or null.</param>
internal sealed class OptunaTrial(int number, TrialState? state, long? started, long? finished)
{
    public int Number => number;

    public TrialState? State => state;

    public long? Started => started;

    public long? Finished => finished;

    public List<(string Name, double Value, string Distribution)> Parameters { get; } = [];

    public List<double> Values { get; } = [];

    public List<TrialReport> Reports { get; } = [];

    public Dictionary<string, double> Constraints { get; } = new(StringComparer.Ordinal);
}
