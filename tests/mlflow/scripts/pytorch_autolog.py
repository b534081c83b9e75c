"""Autologging of PyTorch through Lightning: one metric an epoch, the model."""

import lightning
import mlflow
import mlflow.pytorch
import torch

mlflow.pytorch.autolog()


class Line(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.line = torch.nn.Linear(3, 1)

    def training_step(self, batch, _):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.line(x), y)
        self.log("train_loss", loss, on_epoch=True)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)


data = torch.utils.data.TensorDataset(torch.randn(64, 3), torch.randn(64, 1))
trainer = lightning.Trainer(max_epochs=3, logger=False, enable_checkpointing=False, enable_progress_bar=False)
with mlflow.start_run() as run:
    trainer.fit(Line(), torch.utils.data.DataLoader(data, batch_size=16))
found = mlflow.MlflowClient().get_run(run.info.run_id)
assert "train_loss" in found.data.metrics and found.data.params["optimizer_name"] == "SGD", found.data
print("ok")
