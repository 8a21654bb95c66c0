namespace Mlops.Tuning;

/// <summary>Directions as stored and as shown: <c>minimize</c> or <c>minimize,maximize</c>.</summary>
internal static class DirectionText
{
    public static string Write(IReadOnlyList<Direction> directions) =>
        string.Join(',', directions.Select(static direction => direction == Direction.Minimize ? "minimize" : "maximize"));

    public static IReadOnlyList<Direction> Read(string text) =>
        [.. text.Split(',').Select(static part => part == "minimize" ? Direction.Minimize : Direction.Maximize)];
}
