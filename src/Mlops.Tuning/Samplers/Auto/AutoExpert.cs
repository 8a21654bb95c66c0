namespace Mlops.Tuning;

/// <summary>The samplers to choose among.</summary>
internal enum AutoExpert
{
    Sobol,
    GaussianProcess,
    CmaEs,
    Tpe,
    TpeGrouped,
    NsgaII,
}
