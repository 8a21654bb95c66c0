namespace Mlops.Statistics;

/// <summary>Errors 0 and 1 under a beta prior; a run holds its errors, the prior's included.</summary>
internal sealed class ErrorRunLaw(double errors, double hits) : IRunLaw
{
    public (double First, double Second) Prior => (errors, 0);

    public double LogDensity(double value, long length, ref double first, ref double second)
    {
        double total = errors + hits + length;
        if (value == 0)
            return Math.Log((total - first) / total);
        first++;
        return Math.Log((first - 1) / total);
    }

    public void Transfer(ref StateTransfer transfer)
    {
        transfer.Setting(1, "law");
        transfer.Setting(errors, "errors");
        transfer.Setting(hits, "hits");
    }
}
