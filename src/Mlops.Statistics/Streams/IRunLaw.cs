namespace Mlops.Statistics;

/// <summary>What <see cref="Bocd"/> supposes of the values of one run; two numbers hold what a run has seen.</summary>
internal interface IRunLaw
{
    (double First, double Second) Prior { get; }

    /// <summary>Log density of the value after <paramref name="length"/> values of the run, which then takes it in.</summary>
    double LogDensity(double value, long length, ref double first, ref double second);

    void Transfer(ref StateTransfer transfer);
}
