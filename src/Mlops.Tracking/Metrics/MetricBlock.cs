namespace Mlops.Tracking;

/// <summary>
/// Bytes of a block, the points of several series of one run as one write brought them: the format, the number of series; per
/// series, by ascending key, the key's distance from the one before, the number of points, the length of its bytes; then the bytes.
/// </summary>
internal sealed record MetricBlock(byte[] Payload, long MinimumKey, long MaximumKey, int Points, long EarliestTime, long LatestTime)
{
    private const byte Format = 1;

    /// <summary>Appends the points that the block holds of one series.</summary>
    public static void Decode(ReadOnlySpan<byte> payload, long key, List<Sample> points)
    {
        foreach (Section section in new Sections(payload))
        {
            if (section.Key == key)
            {
                SeriesReader.Append(section.Body, section.Points, points);
            }
        }
    }

    /// <summary>Appends the points of the series that have a list.</summary>
    public static void DecodeWanted(ReadOnlySpan<byte> payload, Dictionary<long, List<Sample>> wanted)
    {
        foreach (Section section in new Sections(payload))
        {
            if (wanted.TryGetValue(section.Key, out List<Sample>? points))
            {
                SeriesReader.Append(section.Body, section.Points, points);
            }
        }
    }

    /// <summary>Appends the points of every series to its list.</summary>
    public static void Decode(ReadOnlySpan<byte> payload, SortedDictionary<long, List<Sample>> series)
    {
        foreach (Section section in new Sections(payload))
        {
            if (!series.TryGetValue(section.Key, out List<Sample>? points))
            {
                points = [];
                series.Add(section.Key, points);
            }

            SeriesReader.Append(section.Body, section.Points, points);
        }
    }

    /// <summary>Collects series, in ascending order of their keys, into a block.</summary>
    public sealed class Writer
    {
        private byte[] _header = new byte[256];
        private byte[] _bodies = new byte[4_096];
        private int _headerLength;
        private int _bodiesLength;
        private int _series;
        private int _points;
        private long _minimumKey;
        private long _maximumKey;
        private long _earliestTime = long.MaxValue;
        private long _latestTime = long.MinValue;

        public int Points => _points;

        public void Add(long key, ReadOnlySpan<Sample> points)
        {
            Reserve(ref _bodies, _bodiesLength, points.Length * SeriesCodec.MaximumBytesPerPoint);
            int length = SeriesCodec.Encode(points, _bodies.AsSpan(_bodiesLength));
            _bodiesLength += length;

            Reserve(ref _header, _headerLength, 3 * Varint.MaximumBytes);
            WriteHeader((ulong)(key - _maximumKey));
            WriteHeader((ulong)points.Length);
            WriteHeader((ulong)length);
            _minimumKey = _series == 0 ? key : _minimumKey;
            _maximumKey = key;
            _series++;
            _points += points.Length;
            foreach (ref readonly Sample point in points)
            {
                _earliestTime = Math.Min(_earliestTime, point.Time);
                _latestTime = Math.Max(_latestTime, point.Time);
            }
        }

        /// <summary>The block; the writer is empty again.</summary>
        public MetricBlock ToBlock()
        {
            Span<byte> prefix = stackalloc byte[1 + Varint.MaximumBytes];
            prefix[0] = Format;
            prefix = prefix[..(1 + Varint.Write(prefix[1..], (ulong)_series))];

            byte[] payload = new byte[prefix.Length + _headerLength + _bodiesLength];
            prefix.CopyTo(payload);
            _header.AsSpan(0, _headerLength).CopyTo(payload.AsSpan(prefix.Length));
            _bodies.AsSpan(0, _bodiesLength).CopyTo(payload.AsSpan(prefix.Length + _headerLength));

            var block = new MetricBlock(payload, _minimumKey, _maximumKey, _points, _earliestTime, _latestTime);
            _headerLength = _bodiesLength = _series = _points = 0;
            _minimumKey = _maximumKey = 0;
            (_earliestTime, _latestTime) = (long.MaxValue, long.MinValue);
            return block;
        }

        private void WriteHeader(ulong value) => _headerLength += Varint.Write(_header.AsSpan(_headerLength), value);

        private static void Reserve(ref byte[] buffer, int used, int more)
        {
            if (buffer.Length - used < more)
            {
                Array.Resize(ref buffer, Math.Max(buffer.Length * 2, used + more));
            }
        }
    }

    private readonly ref struct Section(long key, int points, ReadOnlySpan<byte> body)
    {
        public readonly long Key = key;
        public readonly int Points = points;
        public readonly ReadOnlySpan<byte> Body = body;
    }

    private ref struct Sections
    {
        private readonly ReadOnlySpan<byte> _payload;
        private int _left;
        private int _header;
        private int _body;
        private long _key;

        public Sections(ReadOnlySpan<byte> payload)
        {
            if (payload.Length < 2 || payload[0] != Format)
            {
                throw SeriesCodec.Corrupt($"a block of {payload.Length} bytes that does not begin with format {Format}");
            }

            _payload = payload;
            _header = 1;
            _left = Varint.ReadCount(payload, ref _header);

            // The bodies begin behind the header, whose own length is found by walking it.
            int at = _header;
            for (int i = 0; i < _left; i++)
            {
                Varint.Read(payload, ref at);
                Varint.Read(payload, ref at);
                Varint.Read(payload, ref at);
            }

            _body = at;
        }

        public Section Current { get; private set; }

        public readonly Sections GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_left == 0)
            {
                return false;
            }

            _left--;
            _key = unchecked(_key + (long)Varint.Read(_payload, ref _header));
            int points = Varint.ReadCount(_payload, ref _header);
            int length = Varint.ReadCount(_payload, ref _header);
            if (length > _payload.Length - _body)
            {
                throw SeriesCodec.Corrupt($"a series of {length} bytes with {_payload.Length - _body} left in its block");
            }

            Current = new Section(_key, points, _payload.Slice(_body, length));
            _body += length;
            return true;
        }
    }
}
