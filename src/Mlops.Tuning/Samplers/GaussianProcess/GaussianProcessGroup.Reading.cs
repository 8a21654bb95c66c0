namespace Mlops.Tuning;

internal sealed partial class GaussianProcessGroup
{
    private double[] Values(TrialView view)
    {
        double[] values = new double[_objectives.Length];
        for (int objective = 0; objective < values.Length; objective++)
        {
            double value = view.Values(objective)[_followed];
            values[objective] = _space.Directions[objective] == Direction.Maximize ? -value : value;
        }

        return values;
    }

    private bool Read(TrialView view, int index)
    {
        if (!view.TryRead(index, _names, _coordinates))
        {
            return false;
        }

        for (int d = 0; d < _names.Length; d++)
        {
            Place(d, _coordinates[d]);
        }

        return true;
    }

    private bool Read(RunningTrial trial)
    {
        for (int d = 0; d < _names.Length; d++)
        {
            if (!trial.Proposal.TryGetValue(_names[d], out double coordinate) || !Place(d, coordinate))
            {
                return false;
            }
        }

        return true;
    }

    private bool Place(int dimension, double coordinate)
    {
        _coordinates[dimension] = _axes[dimension] is { } axis ? axis.ToUnit(coordinate) : coordinate;
        return !double.IsNaN(coordinate);
    }
}
