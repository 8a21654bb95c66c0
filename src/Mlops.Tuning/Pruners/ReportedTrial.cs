namespace Mlops.Tuning;

/// <summary>A trial as pruners see it: where it stands and what it has reported. Valid during the call that it was handed to.</summary>
public sealed class ReportedTrial
{
    private readonly List<TrialReport> _reports = [];

    internal ReportedTrial(int number) => Number = number;

    /// <summary>The trial's number.</summary>
    public int Number { get; }

    /// <summary>Where it stands.</summary>
    public TrialState State { get; internal set; } = TrialState.Running;

    /// <summary>One value per objective when completed, else empty.</summary>
    public IReadOnlyList<double> Values { get; internal set; } = [];

    /// <summary>Whether it satisfies its constraints, as far as it has told them.</summary>
    public bool IsFeasible { get; internal set; } = true;

    /// <summary>Where it was judged last before the judgement by which it paused, -1 for nowhere; null when that was not stored.</summary>
    internal int? PausedAfter { get; set; }

    /// <summary>The reports by step, each step once.</summary>
    public IReadOnlyList<TrialReport> Reports => _reports;

    /// <summary>The value reported at a step, or null.</summary>
    public double? ValueAt(int step) => Place(step) is var place && place >= 0 ? _reports[place].Value : null;

    /// <summary>The first report at a step or later, or null.</summary>
    public TrialReport? FirstFrom(int step)
    {
        int place = Place(step);
        place = place < 0 ? ~place : place;
        return place < _reports.Count ? _reports[place] : null;
    }

    internal void Add(TrialReport report)
    {
        int place = _reports.Count > 0 && report.Step > _reports[^1].Step ? ~_reports.Count : Place(report.Step);
        if (place >= 0)
        {
            _reports[place] = report;
        }
        else
        {
            _reports.Insert(~place, report);
        }
    }

    internal void Clear() => _reports.Clear();

    private int Place(int step)
    {
        int low = 0;
        int high = _reports.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int sign = _reports[middle].Step.CompareTo(step);
            if (sign == 0)
            {
                return middle;
            }

            (low, high) = sign < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return ~low;
    }
}
