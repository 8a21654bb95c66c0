namespace Mlops.Drift;

/// <summary>How tests treat rows that follow each other.</summary>
public enum RowDependence
{
    /// <summary>A lag test at level 0.01 decides per column; where it finds dependence, row counts are divided by the measured inflation.</summary>
    Measured = 0,

    /// <summary>Rows are independent draws.</summary>
    Independent = 1,
}
