using CsCheck;

namespace Mlops.Tuning.Tests;

internal static class DomainGenerator
{
    private static readonly Gen<double> Bound = Gen.Double[-1e6, 1e6];

    public static readonly Gen<ParameterDomain> Any = Gen.OneOf(
        Gen.Select(Bound, Bound, static (a, b) => ParameterDomain.Real(Math.Min(a, b), Math.Max(a, b))),
        Gen.Select(Gen.Double[1e-9, 1e3], Gen.Double[1, 1e6], static (low, factor) => ParameterDomain.Real(low, low * factor, log: true)),
        Gen.Select(Bound, Gen.Double[0, 1e3], Gen.Double[1e-3, 10], static (low, width, step) => ParameterDomain.Real(low, low + width, step: step)),
        Gen.Select(Gen.Int, Gen.Int, Gen.Int[1, 1_000], static (a, b, step) => ParameterDomain.Whole(Math.Min(a, b), Math.Max(a, b), step: step)),
        Gen.Select(Gen.Int[1, 1_000], Gen.Int[0, 1_000_000], static (low, width) => ParameterDomain.Whole(low, low + width, log: true)),
        Gen.Int[1, 50].Select(static count => ParameterDomain.Categorical([.. Enumerable.Range(0, count).Select(static i => $"c{i}")])),
        Gen.Int[1, 50].Select(static count => ParameterDomain.Ordinal([.. Enumerable.Range(0, count).Select(static i => $"c{i}")])),
        Gen.Const(ParameterDomain.Boolean));
}
