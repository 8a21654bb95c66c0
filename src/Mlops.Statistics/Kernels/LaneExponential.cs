using System.Runtime.CompilerServices;

namespace Mlops.Statistics;

/// <summary>
/// e^x for x &lt;= 0, the same bits at every vector width: x = k ln 2 + r with |r| &lt;= 0.35, the Taylor polynomial of degree 13 in r, and 2^k by adding to the
/// exponent. Within two units of the last place of the platform's own down to e^-708, which is also the value below.
/// </summary>
internal static class LaneExponential
{
    // Adding it leaves the nearest integer in the low bits.
    private const double Rounder = 6755399441055744;
    private const double Lowest = -708;
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes OfNegative<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        x = TLanes.Max(x, TLanes.Create(Lowest));
        TLanes rounder = TLanes.Create(Rounder);
        TLanes exponent = TLanes.MultiplyAdd(x, TLanes.Create(1.4426950408889634), rounder);
        TLanes k = exponent - rounder;
        TLanes r = TLanes.MultiplyAdd(k, TLanes.Create(-Ln2High), x);
        r = TLanes.MultiplyAdd(k, TLanes.Create(-Ln2Low), r);
        TLanes sum = TLanes.Create(1.0 / 6227020800);
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 479001600));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 39916800));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 3628800));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 362880));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 40320));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 5040));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 720));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 120));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 24));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1.0 / 6));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(0.5));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1));
        sum = TLanes.MultiplyAdd(sum, r, TLanes.Create(1));
        return TLanes.Scale(sum, exponent);
    }
}
