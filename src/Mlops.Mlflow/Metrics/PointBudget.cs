namespace Mlops.Mlflow;

/// <summary>How many more points the readers of one request may keep together.</summary>
internal sealed class PointBudget(int points)
{
    private int _left = points;

    /// <summary>Takes so many; false, and nothing taken, when fewer are left.</summary>
    public bool TryTake(int count)
    {
        if (count > _left)
        {
            return false;
        }

        _left -= count;
        return true;
    }
}
