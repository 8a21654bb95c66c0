namespace Mlops.Tuning;

/// <summary>
/// The order of finished trials of one objective, best first: completed ones by value, pruned ones after them by the step they reached and
/// then the value reported there, and last those that miss their constraints, by how much they miss them. The lower number comes first
/// among equals.
/// </summary>
internal static class TrialOrder
{
    internal enum Place
    {
        Completed,
        Pruned,
        Infeasible,
    }

    public static Key Of(TrialView view, int index, bool maximize)
    {
        int number = view.Numbers[index];
        if (view.Violations[index] > 0)
        {
            return new(Place.Infeasible, view.Violations[index], 0, number, index);
        }

        if (view.States[index] == TrialState.Completed)
        {
            return new(Place.Completed, 0, Signed(view.Values(0)[index], maximize), number, index);
        }

        int step = view.LastSteps[index];
        double report = view.LastReports[index];
        return step < 0
            ? new(Place.Pruned, 1, 0, number, index)
            : new(Place.Pruned, -step, double.IsNaN(report) ? double.PositiveInfinity : Signed(report, maximize), number, index);
    }

    private static double Signed(double value, bool maximize) => maximize ? -value : value;

    /// <param name="Place">The class.</param>
    /// <param name="Step">Within pruned trials the step reached, negated; within infeasible ones by how much they miss their constraints.</param>
    /// <param name="Value">The value, to be minimised.</param>
    /// <param name="Number">The trial's number.</param>
    /// <param name="Index">Its place in the view.</param>
    internal readonly record struct Key(Place Place, double Step, double Value, int Number, int Index) : IComparable<Key>
    {
        public bool IsCompleted => Place == Place.Completed;

        public int CompareTo(Key other) =>
            (Place, Step, Value, Number, Index).CompareTo((other.Place, other.Step, other.Value, other.Number, other.Index));
    }
}
