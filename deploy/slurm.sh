#!/bin/bash
#SBATCH --job-name=train
#SBATCH --signal=B:TERM@60
# Trains, and shows the training in Aim while it goes on.
export MLFLOW_TRACKING_URI=$SCRATCH/mlruns MLFLOW_ALLOW_FILE_STORE=true

python train.py & TRAINING=$!
# on a shared file system events do not arrive, hence --poll
mlflow2aim sync --wait-for-source --tracking_uri "$MLFLOW_TRACKING_URI" --repo "$SCRATCH/aim" --poll --quiet & SYNC=$!
trap 'kill -TERM $TRAINING' TERM

wait $TRAINING
sleep 5                              # the last points
kill -TERM $SYNC; wait $SYNC
# brings whatever the watch has missed
mlflow2aim convert --tracking_uri "$MLFLOW_TRACKING_URI" --repo "$SCRATCH/aim" --quiet
