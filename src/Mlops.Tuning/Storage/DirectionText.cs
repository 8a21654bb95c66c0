namespace Mlops.Tuning;

/// <summary>Directions as stored and as shown: <c>minimize</c> or <c>minimize,maximize</c>.</summary>
internal static class DirectionText
{
    public static string Write(IReadOnlyList<Direction> directions) =>
        string.Join(',', directions.Select(static direction => direction == Direction.Minimize ? "minimize" : "maximize"));

    /// <summary>Null when it is neither.</summary>
    public static IReadOnlyList<Direction>? Read(string text)
    {
        Direction?[] directions = Array.ConvertAll<string, Direction?>(text.Split(','), static part => part switch
        {
            "minimize" => Direction.Minimize,
            "maximize" => Direction.Maximize,
            _ => null,
        });
        return Array.Exists(directions, static direction => direction is null) ? null : Array.ConvertAll(directions, static direction => direction!.Value);
    }
}
