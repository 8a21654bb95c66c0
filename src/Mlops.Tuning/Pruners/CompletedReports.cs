namespace Mlops.Tuning;

/// <summary>What completed trials have reported, sorted at every step, so that a trial is compared with all of them without looking at each.</summary>
internal sealed class CompletedReports
{
    private readonly HashSet<int> _numbers = [];
    private readonly Dictionary<int, Column> _columns = [];

    /// <summary>How many trials have completed.</summary>
    public int Trials => _numbers.Count;

    /// <summary>A trial has completed, with all its reports; once is enough.</summary>
    public void Add(ReportedTrial trial)
    {
        if (!_numbers.Add(trial.Number))
        {
            return;
        }

        foreach (TrialReport report in trial.Reports)
        {
            if (!_columns.TryGetValue(report.Step, out Column? column))
            {
                _columns.Add(report.Step, column = new Column());
            }

            column.Add(report.Value);
        }
    }

    /// <summary>The values at a step that are numbers, ascending, and how many trials have reported there.</summary>
    public (IReadOnlyList<double> Sorted, int Reported) At(int step) =>
        _columns.TryGetValue(step, out Column? column) ? (column.Sorted, column.Reported) : ([], 0);

    private sealed class Column
    {
        public List<double> Sorted { get; } = [];

        public int Reported { get; private set; }

        public void Add(double value)
        {
            Reported++;
            if (!double.IsNaN(value))
            {
                int place = Sorted.BinarySearch(value);
                Sorted.Insert(place < 0 ? ~place : place, value);
            }
        }
    }
}
