namespace Quickstart;

/// <summary>The days of the data file, by date.</summary>
public sealed class RideHistory
{
    /// <summary>The first day that is replayed; everything before it is history at the start.</summary>
    public static readonly DateOnly ReplayStart = new(2004, 1, 1);

    private readonly Dictionary<DateOnly, Ride> _byDate;

    /// <exception cref="RideCsvException">There is too little history to tune on, or nothing to replay.</exception>
    public RideHistory(string path, IReadOnlyList<Ride> rides, int neededDays)
    {
        Path = path;
        Rides = rides;
        Past = [.. rides.TakeWhile(static ride => ride.Date < ReplayStart)];
        Replayed = [.. rides.Skip(Past.Count)];
        _byDate = rides.ToDictionary(static ride => ride.Date);
        if (Past.Count < neededDays)
            throw new RideCsvException(path, $"{Past.Count} days before {ReplayStart:yyyy-MM-dd} are too few to tune on; {neededDays} are needed.");
        if (Replayed.Count == 0)
            throw new RideCsvException(path, $"it ends before {ReplayStart:yyyy-MM-dd}, so there is nothing to replay.");
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All days, in date order.</summary>
    public IReadOnlyList<Ride> Rides { get; }

    /// <summary>The days before the replay.</summary>
    public IReadOnlyList<Ride> Past { get; }

    /// <summary>The days of the replay.</summary>
    public IReadOnlyList<Ride> Replayed { get; }

    public bool Contains(DateOnly date) => _byDate.ContainsKey(date);

    public Ride Get(DateOnly date) => _byDate[date];
}
