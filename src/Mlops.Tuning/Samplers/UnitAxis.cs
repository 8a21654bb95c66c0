namespace Mlops.Tuning;

/// <summary>One numeric parameter mapped onto 0 to 1, evenly over its scale; a grid's cells reach half a step beyond its ends.</summary>
internal sealed class UnitAxis
{
    private readonly ParameterDomain _domain;
    private readonly double _halfStep;
    private readonly double _low;
    private readonly double _range;

    public UnitAxis(ParameterDomain domain)
    {
        _domain = domain;
        _halfStep = domain.Step is { } step ? step / 2 : 0;
        _low = Scale(domain.Low - _halfStep);
        _range = Scale(domain.High + _halfStep) - _low;
    }

    public bool IsGrid => _halfStep > 0;

    /// <summary>The place of a coordinate, which may lie outside of the domain.</summary>
    public double ToUnit(double coordinate) => (Scale(coordinate) - _low) / _range;

    /// <summary>The domain's value at a place.</summary>
    public double ToCoordinate(double unit)
    {
        double scaled = _low + (unit * _range);
        return _domain.Nearest(_domain.Log ? Math.Exp(scaled) : scaled);
    }

    /// <summary>Where the cell of a place ends on either side; infinite beyond the outermost cells.</summary>
    public (double Below, double Above) Cell(double unit)
    {
        double value = ToCoordinate(unit);
        return (
            value <= _domain.Low ? double.NegativeInfinity : ToUnit(value - _halfStep),
            value >= _domain.High ? double.PositiveInfinity : ToUnit(value + _halfStep));
    }

    private double Scale(double coordinate) => _domain.Log ? Math.Log(coordinate) : coordinate;
}
