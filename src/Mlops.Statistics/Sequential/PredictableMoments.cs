namespace Mlops.Statistics;

/// <summary>
/// Mean and variance of the values in [0, 1] seen so far, for bets on the next one: each starts from half a value's worth of
/// ignorance, and the variance adds each value's distance from the mean up to it (Waudby-Smith and Ramdas 2024).
/// </summary>
internal struct PredictableMoments
{
    private long _count;
    private double _sum;
    private double _squares;

    public readonly long Count => _count;

    public readonly double Mean => (0.5 + _sum) / (_count + 1);

    public readonly double Variance => (0.25 + _squares) / (_count + 1);

    public void Add(double x)
    {
        _count++;
        _sum += x;
        double gap = x - Mean;
        _squares += gap * gap;
    }

    public void Transfer(ref StateTransfer transfer)
    {
        transfer.Value(ref _count);
        transfer.Value(ref _sum);
        transfer.Value(ref _squares);
    }
}
