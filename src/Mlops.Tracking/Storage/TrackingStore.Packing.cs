using System.Data.Common;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>
    /// Packs what the run's blocks hold. Reading and encoding happen outside of the transaction, which applies only if nobody else has
    /// packed the run meanwhile; blocks that arrive meanwhile stay. False when there was nothing to do or another was quicker.
    /// </summary>
    public async Task<bool> PackAsync(long run, CancellationToken cancellationToken)
    {
        List<BlockRow> blocks = await _database.QueryAsync(
            """
            SELECT t.packings, t.fresh_blocks, t.fresh_points, b.block, b.payload
            FROM tracking_tail t JOIN tracking_block b ON b.run = t.run
            WHERE t.run = @run
            ORDER BY b.block
            """,
            BlockRow.Map, cancellationToken, ("@run", run)).ConfigureAwait(false);
        if (blocks.Count < 2)
        {
            return false;
        }

        SortedDictionary<long, List<Sample>> series = [];
        foreach (BlockRow block in blocks)
        {
            MetricBlock.Decode(block.Payload, series);
        }

        return await _database.WriteAsync(
            new PackingStep(run, blocks[0], blocks[^1].Number, Packing.Pack(series)),
            static (session, step) => Replace(session, step), _durability, cancellationToken).ConfigureAwait(false);
    }

    private static bool Replace(SqlSession session, PackingStep step)
    {
        long? nextBlock = session.QueryFirst(
            """
            UPDATE tracking_tail SET
                packings = packings + 1,
                next_block = next_block + @blocks,
                latest_block = latest_block + @blocks,
                fresh_blocks = fresh_blocks - @freshBlocks,
                fresh_points = fresh_points - @freshPoints,
                merged_points = @merged
            WHERE run = @run AND packings = @packings
            RETURNING next_block
            """,
            static row => (long?)row.GetInt64(0),
            ("@blocks", step.Packed.Blocks.Count), ("@freshBlocks", step.Seen.FreshBlocks), ("@freshPoints", step.Seen.FreshPoints),
            ("@merged", step.Packed.Blocks.Sum(static block => (long)block.Points)), ("@run", step.Run), ("@packings", step.Seen.Packings));
        if (nextBlock is null)
        {
            return false;
        }

        session.Execute(
            "DELETE FROM tracking_block WHERE run = @run AND block <= @last", ("@run", step.Run), ("@last", step.LastBlock));
        foreach (PackedChunk chunk in step.Packed.Chunks)
        {
            session.Execute(
                """
                INSERT INTO tracking_chunk (run, metric, first_step, last_step, first_time, last_time, points, payload)
                VALUES (@run, @metric, @firstStep, @lastStep, @firstTime, @lastTime, @points, @payload)
                """,
                ("@run", step.Run), ("@metric", chunk.Key), ("@firstStep", chunk.First.Step), ("@lastStep", chunk.Last.Step),
                ("@firstTime", chunk.First.Time), ("@lastTime", chunk.Last.Time), ("@points", chunk.Points), ("@payload", chunk.Payload));
        }

        foreach ((long key, int points) in step.Packed.Repeats)
        {
            session.Execute(
                "UPDATE tracking_series SET points = points - @points WHERE run = @run AND metric = @metric",
                ("@points", points), ("@run", step.Run), ("@metric", key));
        }

        long number = nextBlock.Value - step.Packed.Blocks.Count;
        foreach (MetricBlock block in step.Packed.Blocks)
        {
            InsertBlock(session, step.Run, ++number, block);
        }

        return true;
    }

    private sealed record BlockRow(long Packings, long FreshBlocks, long FreshPoints, long Number, byte[] Payload)
    {
        public static readonly Func<DbDataReader, BlockRow> Map =
            static row => new BlockRow(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4));
    }

    private sealed record PackingStep(long Run, BlockRow Seen, long LastBlock, PackedRun Packed);
}
