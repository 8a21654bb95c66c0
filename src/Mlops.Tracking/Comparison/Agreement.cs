namespace Mlops.Tracking;

/// <summary>Numbers values so that equal ones have one number.</summary>
internal static class Agreement
{
    public static int[] Of<T>(IReadOnlyList<T> values)
    {
        int[] groups = new int[values.Count];
        int next = 0;
        for (int i = 0; i < groups.Length; i++)
        {
            int same = 0;
            while (!EqualityComparer<T>.Default.Equals(values[same], values[i]))
            {
                same++;
            }

            groups[i] = same < i ? groups[same] : next++;
        }

        return groups;
    }
}
