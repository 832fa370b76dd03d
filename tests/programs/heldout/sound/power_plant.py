# Electrical output of a power plant from the weather.
import os
import tempfile

import numpy as np
import pandas as pd
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow.keras.callbacks import EarlyStopping
from tensorflow.keras.layers import Dense, Input
from tensorflow.keras.models import Sequential


def create_csv(filename, n=1200):
    rng = np.random.RandomState(99)
    temperature = rng.uniform(2, 37, n)
    vacuum = 25 + 1.3 * temperature + rng.normal(0, 5, n)
    pressure = rng.normal(1013, 6, n)
    humidity = rng.uniform(25, 100, n)
    output = 500 - 1.8 * temperature - 0.2 * vacuum + 0.08 * (pressure - 1013) - 0.14 * humidity
    output += 0.01 * (temperature - 20) ** 2 + rng.normal(0, 2, n)
    pd.DataFrame({'AT': temperature, 'V': vacuum, 'AP': pressure, 'RH': humidity, 'PE': output}).to_csv(filename, index=False)


path = os.path.join(tempfile.mkdtemp(), 'ccpp.csv')
create_csv(path)
df = pd.read_csv(path)

X = df[['AT', 'V', 'AP', 'RH']].to_numpy()
y = df[['PE']].to_numpy()
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=1)

x_scaler, y_scaler = StandardScaler(), StandardScaler()
X_train = x_scaler.fit_transform(X_train)
X_test = x_scaler.transform(X_test)
y_train = y_scaler.fit_transform(y_train)

model = Sequential()
model.add(Input(shape=(4,)))
model.add(Dense(32, kernel_initializer='he_normal', activation='relu'))
model.add(Dense(16, kernel_initializer='he_normal', activation='relu'))
model.add(Dense(1, activation='linear'))
model.compile(loss='mse', optimizer='rmsprop', metrics=['mae'])

stop = EarlyStopping(monitor='val_loss', patience=10, restore_best_weights=True)
model.fit(X_train, y_train, validation_split=0.15, epochs=60, batch_size=32, callbacks=[stop], verbose=0)

predicted = y_scaler.inverse_transform(model.predict(X_test, verbose=0))
print('R2 on unseen days: %.3f' % r2_score(y_test, predicted))
