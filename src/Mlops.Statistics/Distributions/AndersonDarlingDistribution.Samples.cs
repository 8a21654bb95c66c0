using System.Numerics;

namespace Mlops.Statistics;

/// <content>
/// The limit law for several samples: the sum of chi-squared variables with m = samples - 1 degrees of freedom each over j (j + 1)
/// (Scholz and Stephens 1987, theorem 1).
/// </content>
internal static partial class AndersonDarlingDistribution
{
    private const double NegligibleTerm = 1e-18;
    private const int MostPoints = 200_000;

    /// <summary>
    /// log P(X &gt; x) of the law of so many samples, by the inversion integral of its moment generating function
    /// M(s) = (2 pi s / sin(pi w / 2))^(m / 2), w = 3 - sqrt(1 + 8 s), on a parabola through the saddle point of e^(-s x) M(s) / s.
    /// The trapezoidal rule converges exponentially there; about 1e-12 relative at any exponent.
    /// </summary>
    /// <remarks>Written in d = 1 - s, since the first singularity is at s = 1 and large x move the saddle towards it.</remarks>
    public static double LogSurvival(double x, int samples)
    {
        double m = samples - 1;
        if (!(x > Smallest * m))
            return 0;
        double saddle = Saddle(x, m);
        double bend = saddle * 1e-4;
        double slopeBefore = Slope(saddle - bend, x, m), slopeAfter = Slope(saddle + bend, x, m);
        double curvature = (slopeAfter - slopeBefore) / (2 * bend);
        double third = (slopeAfter + slopeBefore - (2 * Slope(saddle, x, m))) / (bend * bend);
        double width = 1 / Math.Sqrt(curvature);

        // Near the saddle the phase stands still along this parabola; it never bends towards s = 0, where e^(-s x) grows.
        double opening = double.Max(0, -third / (6 * curvature));
        double height = ((saddle - 1) * x) - Math.Log(1 - saddle) + (0.5 * m * Math.Log(Base(saddle).Real));
        double step = 0.1 * width, sum = 0.5, phase = 0;
        for (int i = 1; i < MostPoints; i++)
        {
            double y = i * step;
            Complex d = new(saddle - (opening * y * y), -y);
            Complex root = Base(d), s = 1 - d;

            // The power's branch follows the path.
            phase = root.Phase + (2 * Math.PI * Math.Round((phase - root.Phase) / (2 * Math.PI)));
            Complex exponent = (-s * x) - Complex.Log(s) + (0.5 * m * new Complex(Math.Log(root.Magnitude), phase)) - height;
            Complex term = Complex.Exp(exponent);
            sum += (term * new Complex(1, -2 * opening * y)).Real;
            if (term.Magnitude * (1 + (2 * opening * y)) < NegligibleTerm)
                break;
        }

        return double.Min(0, height + Math.Log(sum * step / Math.PI));
    }

    /// <summary>2 pi s / sin(pi w / 2), whose power m / 2 is the moment generating function.</summary>
    private static Complex Base(Complex d)
    {
        Complex w = 8 * d / (3 + Complex.Sqrt(9 - (8 * d)));
        return 2 * Math.PI * (1 - d) / Complex.Sin(0.5 * Math.PI * w);
    }

    /// <summary>Where the integrand is least on the real axis: the only zero of an increasing slope.</summary>
    private static double Saddle(double x, double m)
    {
        double low = -700, high = -1e-6;
        for (int i = 0; i < 60; i++)
        {
            double middle = 0.5 * (low + high);
            if (Slope(Math.Exp(middle), x, m) > 0)
                high = middle;
            else
                low = middle;
        }

        return Math.Exp(low);
    }

    /// <summary>The derivative by d of log(e^(-s x) M(s) / s).</summary>
    private static double Slope(double d, double x, double m)
    {
        double root = Math.Sqrt(9 - (8 * d)), w = 8 * d / (3 + root);
        return x - (((0.5 * m) - 1) / (1 - d)) - (m * Math.PI / root / Math.Tan(0.5 * Math.PI * w));
    }
}
