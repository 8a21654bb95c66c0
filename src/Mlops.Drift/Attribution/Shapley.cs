using System.Numerics;

namespace Mlops.Drift;

/// <summary>Shapley values (1953) of a game of few players, by all its coalitions.</summary>
internal static class Shapley
{
    /// <summary>What a player adds to the others, averaged over all orders in which they may join.</summary>
    /// <param name="player">Its bit.</param>
    /// <param name="players">How many there are.</param>
    /// <param name="values">The worth of every coalition, by the bits of its members.</param>
    public static double ValueOf(int player, int players, double[] values)
    {
        double sum = 0;
        for (int others = 0; others < values.Length; others++)
        {
            if ((others >> player & 1) == 1)
                continue;

            // Orders in which exactly these come before: size! (players - size - 1)! of players!.
            int size = BitOperations.PopCount((uint)others);
            double share = 1.0 / players;
            for (int i = 1; i <= size; i++)
                share *= (double)i / (players - i);
            sum += share * (values[others | (1 << player)] - values[others]);
        }

        return sum;
    }
}
