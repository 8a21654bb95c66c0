namespace Mlops.Statistics;

/// <summary>Kahan's summation.</summary>
internal struct CompensatedSum
{
    private double _lost;

    public double Value { get; private set; }

    public void Add(double term)
    {
        double corrected = term - _lost;
        double total = Value + corrected;
        _lost = total - Value - corrected;
        Value = total;
    }
}
